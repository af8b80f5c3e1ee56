"""The hardware aspect: a requirement that is checked before anything is fetched or built."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from tasks.specs.base import Aspect, Spec, digest

PRICE = {"price_per_hour", "currency"}


def _switch(value: Any) -> Any:
    """YAML reads a bare on or off as a truth value."""
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else value


Switch = Annotated[Literal["on", "off"], BeforeValidator(_switch)]


class Accelerator(Spec):
    """A GPU by the words in its name, as the driver reports it."""

    name: str = Field(description="Every word must occur in the reported name, such as «NVIDIA V100».")
    count: int = Field(gt=0)


class HostSettings(Spec):
    """Settings of the host that are tried and recorded as applied, denied, or unreadable. None = as found."""

    governor: str | None
    turbo: Switch | None
    smt: Switch | None


class Hardware(Aspect):
    """A hardware manifest."""

    cpus: Annotated[int, Field(gt=0)] | Literal["all"] = Field(description="Logical cores that are reserved.")
    memory_gib: float = Field(ge=0, description="Least memory of the host.")
    accelerator: Accelerator | None
    pin: bool = Field(description="Pin the measured process to the reserved cores.")
    settings: HostSettings
    price_per_hour: Annotated[float, Field(gt=0)] | None = Field(
        default=None, description="Of the whole host, for the cost of inferences; it changes no identity."
    )
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$", description="ISO 4217, such as EUR.")

    @model_validator(mode="after")
    def _priced_whole(self) -> Self:
        if (self.price_per_hour is None) != (self.currency is None):
            raise ValueError("price_per_hour and currency belong together; give both, such as 2.5 and EUR, or neither")
        return self

    def content_hash(self) -> str:
        """Without the price, which changes nothing that is measured and will change while the runs stay."""
        return digest(self.model_dump(mode="json", exclude=PRICE))

    @property
    def device(self) -> Literal["cpu", "cuda"]:
        """Where predictions run."""
        return "cuda" if self.accelerator else "cpu"
