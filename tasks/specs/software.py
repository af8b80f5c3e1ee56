"""The software aspect: a framework, its exact packages, and how it is set up. A requirement that is provisioned."""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from tasks import plugins
from tasks.specs.base import Aspect, Spec
from tasks.specs.signatures import options_of
from tasks.stacks.lock import OLDEST, is_cuda


def _pinned(line: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*==[A-Za-z0-9][A-Za-z0-9._!-]*", line):
        raise ValueError(f"«{line}» is not «name==version» (no index, no range, no local version)")
    return line


class Threads(Spec):
    """Threads inside one operator, and operators side by side. ``all`` = every core that hw reserves."""

    intra: Annotated[int, Field(gt=0)] | Literal["all"]
    inter: Annotated[int, Field(gt=0)]


class Software(Aspect):
    """A software manifest: a framework is one predictor file and one of these."""

    framework: str = Field(description="The stem of a file in tasks/predictors.")
    environment: Literal["isolated", "current"] = Field(
        description="Built from the lock, or the Python that runs the flow."
    )
    python: str = Field(pattern=r"^3\.\d+$")
    packages: tuple[Annotated[str, AfterValidator(_pinned)], ...] = Field(
        min_length=1, description="The complete lock."
    )
    env: dict[str, str] = Field(description="Environment variables of the measured process.")
    threads: Threads
    devices: tuple[Literal["cpu", "cuda"], ...] = Field(min_length=1)
    options: dict[str, Any] = Field(description="The predictor's own; the signature of its class is their schema.")

    @field_validator("framework")
    @classmethod
    def _known(cls, name: str) -> str:
        known = plugins.names("tasks.predictors")
        if name not in known:
            raise ValueError(plugins.unknown("predictor", name, known))
        return name

    @field_validator("python", mode="before")
    @classmethod
    def _version(cls, value: Any) -> Any:
        """Whether it is there is seen on the machine that measures, when the software is built."""
        if isinstance(value, float):
            raise ValueError(f'{value} is a number, as which 3.10 and 3.1 are one. Write it in quotes: "3.11"')
        minor = re.fullmatch(r"3\.(\d+)", str(value))
        if minor and int(minor[1]) < OLDEST:
            raise ValueError(f"«{value}» is too old: what measures runs on Python 3.{OLDEST} and newer")
        return value

    @field_validator("env", mode="before")
    @classmethod
    def _texts(cls, env: Any) -> Any:
        """YAML reads «1» as a number; environment variables are text."""
        return {k: v if isinstance(v, str) else str(v) for k, v in env.items()} if isinstance(env, dict) else env

    @model_validator(mode="after")
    def _options_fit(self) -> Self:
        predictor = plugins.load("tasks.predictors", self.framework).Predictor
        options_of(predictor.__init__, f"{self.framework}Options").model_validate(self.options)
        return self

    @model_validator(mode="after")
    def _builds_fit_devices(self) -> Self:
        """Gigabytes of CUDA that no device asks for are a mistake, mostly a lock made where no CPU build is."""
        found = [line for line in self.packages if is_cuda(line)]
        if found and "cuda" not in self.devices:
            more = f" and {len(found) - 1} more" if len(found) > 1 else ""
            raise ValueError(
                f"packages name {found[0]}{more} of CUDA's libraries, and devices is [{', '.join(self.devices)}]; lock "
                "a CPU build, or set devices: [cuda]"
            )
        return self

    @property
    def formats(self) -> tuple[str, ...]:
        """The kinds of model file that the predictor reads, such as ``onnx``, the preferred one first."""
        return tuple(plugins.load("tasks.predictors", self.framework).Predictor.formats)
