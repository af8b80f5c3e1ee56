"""The rest of an evaluation: the scenario and how it is traced, placed, and recorded."""

from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, Union

from pydantic import AfterValidator, ConfigDict, Discriminator, Field, Tag, model_validator

from tasks import plugins
from tasks.database import masked
from tasks.scenarios._loadgen import KINDS
from tasks.specs.base import Aspect, Spec
from tasks.specs.signatures import manifest_of


class Limits(Spec):
    """What a request must keep to count as good, where a server streams its answer."""

    ttft_ms: float | None = Field(default=None, gt=0, description="To the first token.")
    tpot_ms: float | None = Field(default=None, gt=0, description="Each further token, on average over the answer.")


class BaseScenario(Aspect):
    """What every scenario has; the rest is the signature of `run` in its file."""

    repetitions: int = Field(gt=0, description="Fresh processes that are timed, one after the other.")
    accuracy_samples: Annotated[int, Field(gt=0)] | Literal["all"] = Field(
        description="Samples that are predicted once, untimed, to judge how right the model is; a seeded subset or all."
    )
    seed: int = Field(ge=0, description="Of the order of the samples and of everything random.")
    time_limit_s: float = Field(gt=0, description="For one process, in seconds; then it is killed.")
    generator: Literal["touchstone", "loadgen"] = Field(
        default="touchstone",
        description="Who issues the queries: this project, or MLPerf LoadGen, whose verdict is shown too.",
    )

    limits: Limits = Field(
        default=Limits(),
        exclude_if=lambda limits: limits == Limits(),
        description="Of a streamed answer; goodput is the share of requests within all of them.",
    )

    @model_validator(mode="after")
    def _loadgen_has_it(self) -> Self:
        kind = getattr(self, "kind", "")
        if self.generator == "loadgen" and kind not in KINDS:
            raise ValueError(f"MLPerf LoadGen has no scenario «{kind}»; it has {', '.join(KINDS)}")
        return self


class UnknownScenario(Spec):
    """Answers a kind of scenario that does not exist with the ones that do."""

    model_config = ConfigDict(extra="ignore")

    kind: Any = None

    def model_post_init(self, _: Any) -> None:
        """Refuse."""
        raise ValueError(plugins.unknown("scenario kind", self.kind, plugins.names("tasks.scenarios")))


def _kind(scenario: Any) -> str:
    kind = scenario.get("kind") if isinstance(scenario, dict) else getattr(scenario, "kind", None)
    return str(kind) if kind in plugins.names("tasks.scenarios") else "unknown"


if TYPE_CHECKING:
    Scenario = Any
else:
    _models = [
        manifest_of(plugins.load("tasks.scenarios", name).run, "kind", name, base=BaseScenario)
        for name in plugins.names("tasks.scenarios")
    ]
    _tagged = [Annotated[m, Tag(m.model_fields["kind"].annotation.__args__[0])] for m in _models]
    _tagged.append(Annotated[UnknownScenario, Tag("unknown")])
    Scenario = Annotated[Union[tuple(_tagged)], Discriminator(_kind)]


class Tracing(Aspect):
    """How deep spans are recorded."""

    level: Literal["none", "model"]


class Workers(Aspect):
    """Where Ray runs: on this machine, or an existing cluster."""

    kind: Literal["local", "cluster"]
    address: str | None = Field(description="ray://… or host:port of an existing cluster.")
    cells: Annotated[int, Field(gt=0)] | None = Field(
        default=None,
        description="Cells of a sweep that are under way at once; null: one on this machine, on a cluster one a node.",
    )


class Services(Aspect):
    """Prefect and Ray on this machine, where the environment names no others."""

    kind: Literal["local", "ephemeral"]
    idle_s: float = Field(ge=0, description="Seconds without a run after which they end; a schedule keeps them up.")


def _without_password(uri: str) -> str:
    if masked(uri) != uri:
        raise ValueError(
            "it is recorded, so it may hold no password. Give the whole URI in MLFLOW_TRACKING_URI, or the password in "
            "PGPASSWORD or ~/.pgpass"
        )
    return uri


class Drift(Spec):
    """How an evaluation is held against its own history."""

    metrics: tuple[str, ...] = Field(
        default=("accuracy_top1", "predict_p50_ms", "throughput_per_s", "memory_peak_bytes"),
        description="Which are watched; one that a run does not have is passed over.",
    )
    alarms_per_month: float = Field(
        default=0.1, gt=0, lt=1, description="False ones of one evaluation, all its metrics together."
    )


class Tracking(Aspect):
    """The MLflow store. None = $MLFLOW_TRACKING_URI, else a SQLite file in the repository."""

    uri: Annotated[str, AfterValidator(_without_password)] | None
    experiment: str = Field(min_length=1)
    drift: Drift = Drift()


class Expect(Spec):
    """Budgets: a metric's name and its bound, the upper one where less is better, else the lower one."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, float] = Field(init=False)

    not_slower_than: str | None = Field(
        default=None, description="A recorded run, by name or summary.json, of the same data set and scenario."
    )

    @property
    def bounds(self) -> dict[str, float]:
        """Metric name → bound."""
        return dict(self.__pydantic_extra__)

    def __bool__(self) -> bool:
        return bool(self.bounds) or self.not_slower_than is not None
