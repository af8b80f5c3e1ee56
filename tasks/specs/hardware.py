"""The hardware aspect: a requirement that is checked before anything is fetched or built."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from tasks.specs.base import Aspect, Spec


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

    @property
    def device(self) -> Literal["cpu", "cuda"]:
        """Where predictions run."""
        return "cuda" if self.accelerator else "cpu"
