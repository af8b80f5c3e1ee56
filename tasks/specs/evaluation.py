"""One evaluation = model × data set × software × hardware × scenario, as one frozen, validated value.

In: plain data (from Hydra, JSON, Python). Out: an `Evaluation`, or one error that names every field at fault.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from tasks.modalities import judge_of, unjudged
from tasks.specs.artifact import Artifact
from tasks.specs.base import Spec, digest
from tasks.specs.dataset import Dataset
from tasks.specs.hardware import Hardware
from tasks.specs.model import Head, Model
from tasks.specs.pipeline import Pipeline
from tasks.specs.protocol import Expect, Scenario, Services, Tracing, Tracking, Workers
from tasks.specs.software import Software
from tasks.specs.steps import DottedStep

LOADGEN = "mlcommons-loadgen==6.0.17"
SPEED_ALONE = "dataset=synthetic measures speed alone"
PIPELINE = "pipeline"  # the field that tells one
KINDS = ("one model", "several models")
IDENTITY = ("model", "dataset", "software", "hw", "scenario", "tracing")


def _kind(model: Any) -> str:
    """The tag of the alternative."""
    several = PIPELINE in model if isinstance(model, dict) else isinstance(model, Pipeline)
    return KINDS[several]


class Evaluation(Spec):
    """What was asked, whole."""

    model: Annotated[
        Annotated[Model, Tag("one model")] | Annotated[Pipeline, Tag("several models")], Discriminator(_kind)
    ]
    dataset: Dataset
    software: Software
    hw: Hardware
    scenario: Scenario
    tracing: Tracing
    workers: Workers
    tracking: Tracking
    services: Services
    contracts: Literal["enforce", "record"] = Field(
        description="Refuse inputs that break the model's contract, or only record it."
    )
    dispatch: Literal["any", "all"] = Field(
        description="any: one node that has what is asked for; all: every such node, as the cells of a sweep."
    )
    allow_modules: tuple[str, ...] = Field(description="Modules whose functions may be steps by dotted path.")
    expect: Expect = Field(default=Expect(), description="Budgets; they change no identity.")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        mistakes = list(self._mistakes())
        if mistakes:
            raise ValueError(" ".join(mistakes))
        return self

    def _mistakes(self) -> Iterator[str]:
        if not self.model.time_only and not self.dataset.synthetic:
            yield from _data_mistakes(self.model, self.dataset)
        for model in self.model.models.values():
            if self.read(model) is None:
                yield (
                    f"software={self.software.id} reads {' and '.join(self.software.formats)} files, {model.name} has "
                    f"{', '.join(model.files())}; choose another software, or add the artifact to the model's manifest."
                )
        yield from _batch_mistakes(self.model, self.scenario)
        yield from _place_mistakes(self.model, self.scenario)
        threads, cpus = self.software.threads, self.hw.cpus
        if isinstance(threads.intra, int) and isinstance(cpus, int) and threads.intra * threads.inter > cpus:
            yield (
                f"software.threads asks for {threads.intra * threads.inter} threads, hw={self.hw.id} reserves "
                f"{cpus} cores; set software.threads.intra={cpus} or a larger hw.cpus."
            )
        for step in self.model.every_step:
            if isinstance(step, DottedStep) and step.module not in self.allow_modules:
                yield f"step «{step.step}» runs code of {step.module}; allow it with 'allow_modules=[{step.module}]'."

    @property
    def head(self) -> Head:
        """What the model's outputs mean on this data set."""
        return self.model.heads[self.model.weights][self.dataset.id]

    def read(self, model: Model) -> str | None:
        """The kind of a model's file that the software reads, the first of its kinds that there is."""
        return next((form for form in self.software.formats if form in model.files()), None)

    @property
    def format(self) -> str | None:
        """The same of the model, or of the first of a pipeline."""
        return self.read(next(iter(self.model.models.values())))

    @property
    def artifact(self) -> Artifact:
        """The model file that the software reads, or the first of a pipeline."""
        return next(iter(self.artifacts.values()))

    @property
    def artifacts(self) -> dict[str, Artifact]:
        """«model», or «model.<stage>» → the file that the software reads."""
        found = self.model.models.items()
        return {f"model.{name}" if name else "model": model.files()[str(self.read(model))] for name, model in found}

    @property
    def provisioned(self) -> Software:
        """The software with what the scenario needs beside it."""
        if self.scenario.generator != "loadgen":
            return self.software
        return self.software.model_copy(update={"packages": (*self.software.packages, LOADGEN)})

    @property
    def title(self) -> str:
        """How every table names the model: ``resnet50[seeded] on patches``; ``fixed[5 ms]`` has no data."""
        if self.model.time_only:
            return f"{self.model.id}[{self.model.service_ms:g} ms]"
        return f"{self.model.name} on {self.dataset.id}"

    def hashes(self) -> dict[str, str]:
        """Content hash of every aspect and, as ``evaluation``, of what identifies the measurement."""
        each: dict[str, str] = {name: getattr(self, name).content_hash() for name in IDENTITY}
        rest: dict[str, Any] = {
            "contracts": self.contracts,
            "allow_modules": list(self.allow_modules),
            **self.extensions,
        }
        return {**each, "evaluation": digest({**each, **rest})}


def _batch_mistakes(model: Model | Pipeline, scenario: Any) -> Iterator[str]:
    """A file that takes one sample at a time, and a scenario that sends more."""
    sent = getattr(scenario, "sizes", (getattr(scenario, "batch_size", getattr(scenario, "samples_per_query", 1)),))
    if not model.time_only and model.one_at_a_time and max(sent) > 1:
        yield (
            f"{model.name} takes one sample at a time, as its file fixes it, and scenario={scenario.id} sends "
            f"{', '.join(map(str, sent))} at once; choose scenario=single_stream, or export the model with a free "
            "first dimension."
        )


def _place_mistakes(model: Model | Pipeline, scenario: Any) -> Iterator[str]:
    """A model that reads fewer tokens than a scenario lets it write."""
    asked = [getattr(scenario, name, 0) for name in ("prompt_tokens", "new_tokens")]
    shapes = [tensor.shape for tensor in next(iter(model.models.values())).inputs[:1] if all(asked)]
    places = next((shape[-1] for shape in shapes if shape), None)
    if isinstance(places, int) and sum(asked) > places:
        yield (
            f"scenario.prompt_tokens={asked[0]} and scenario.new_tokens={asked[1]} are more than the {places} places "
            f"that {model.name} reads; lower one of them."
        )


def _data_mistakes(model: Model | Pipeline, dataset: Dataset) -> Iterator[str]:
    """Whether the model's answers can be judged on this data set."""
    judge, head = judge_of(model.modality), model.heads.get(model.weights, {}).get(dataset.id)
    if judge is None and head is not None:
        return  # its samples are what is asked, and no answer is right or wrong
    if judge is None:
        yield f"{model.name} cannot be judged on dataset={dataset.id}: {unjudged(model.modality)}. {SPEED_ALONE}."
    elif head is None:
        pairs = [f"model.weights={w} dataset={d}" for w, of in model.heads.items() for d in of]
        yield (
            f"{model.name} has no head for dataset={dataset.id}: its last layer means nothing there. "
            f"Available: {'; '.join(pairs) or 'none'}; {SPEED_ALONE}."
        )
    elif dataset.modality not in (model.modality, "any"):
        yield f"{model.name} is of {model.modality}, dataset={dataset.id} of {dataset.modality}. {SPEED_ALONE}."
    elif sentence := judge.misfit(model, head, dataset):
        yield sentence
