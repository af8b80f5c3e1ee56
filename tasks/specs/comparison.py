"""What was asked of a comparison, beside its two evaluations: conf/compare.yaml."""

from typing import Self

from pydantic import Field, model_validator

from tasks.specs.base import Spec
from tasks.statistics import Plan


class Asked(Spec):
    """Two finished runs, or none for evaluations that are measured now; and how they are judged."""

    a: str | None = None
    b: str | None = None
    allow: tuple[str, ...] = ()
    metric: str = "predict_p50_ms"
    margin: float = Field(default=0.02, gt=0, lt=1)
    false_alarm: float = Field(default=0.002, gt=0, lt=1)
    looks: tuple[int, ...] = (6, 12, 20)
    seconds: float = Field(default=3600, gt=0)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.a is None) != (self.b is None):
            raise ValueError("name two runs, a=<run> b=<run>, or none")
        self.plan()
        return self

    def plan(self) -> Plan:
        """The looks and rates."""
        return Plan(self.looks, self.false_alarm, self.margin)
