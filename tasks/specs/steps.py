"""Steps before and after a model, and between models, as manifests: every built-in one by its signature, or a function
by dotted path.

Every parameter of a built-in step is mandatory: nothing that changes a prediction has a default.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Union

from pydantic import ConfigDict, Discriminator, Field, Tag

from tasks.plugins import unknown
from tasks.processing import AFTER, BEFORE, BETWEEN
from tasks.specs.base import Spec
from tasks.specs.signatures import manifest_of


class DottedStep(Spec):
    """A function of an explicitly allowed module; its parameters are checked when it is called."""

    model_config = ConfigDict(extra="allow")

    step: str = Field(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$", description="module.function")

    @property
    def module(self) -> str:
        """The module that must be allowed."""
        return self.step.rpartition(".")[0]


class UnknownStep(Spec):
    """Answers a step that does not exist with the ones that do."""

    model_config = ConfigDict(extra="ignore")

    step: Any = None
    known: ClassVar[list[str]] = []

    def model_post_init(self, _: Any) -> None:
        """Refuse."""
        raise ValueError(unknown("step", self.step, self.known))


def _union(steps: dict[str, Callable[..., Any]]) -> Any:
    """A union of one manifest model a step, selected by the field «step»."""

    def kind(step: Any) -> str:
        name = step.get("step") if isinstance(step, dict) else getattr(step, "step", None)
        if name in steps:
            return str(name)
        return "dotted path" if isinstance(name, str) and "." in name else "unknown"

    class Unknown(UnknownStep):
        known: ClassVar[list[str]] = sorted(steps)

    models = {name: manifest_of(function, "step", name) for name, function in sorted(steps.items())}
    tagged = [
        Annotated[model, Tag(name)]
        for name, model in [*models.items(), ("dotted path", DottedStep), ("unknown", Unknown)]
    ]
    return Annotated[Union[tuple(tagged)], Discriminator(kind)]


if TYPE_CHECKING:
    Before = Any
    After = Any
    Between = Any
else:
    Before, After, Between = _union(BEFORE), _union(AFTER), _union(BETWEEN)
