"""Several models, one after the other, as one that is evaluated: what each is given is made of what the last one said.

In its YAML a stage names a model of conf/model with its weights; here it holds that model's whole manifest, so that the
hash of the pipeline covers every byte of every part.
"""

from collections.abc import Iterator
from typing import Any, Self

from pydantic import Field, model_validator

from tasks.plugins import shown
from tasks.processing import SEAMS
from tasks.specs.base import Aspect, Spec
from tasks.specs.model import Floors, Head, Modality, Model, Output, Tensor, floors_of
from tasks.specs.steps import After, Before, Between, DottedStep

BETWEEN = "between"  # what a stage may not be called: all that is in no model
ANSWERS = {"super_resolution": "picture", "object_detection": "boxes", "image_classification": "classes"}
PICTURES = "pictures"
MANY = "crop"  # the step after which a picture may have several items, or none


class Stage(Spec):
    """One model of a pipeline, and what is done with its answer."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="Of its spans and metrics: predict_<name>_p99_ms.")
    model: Model
    then: tuple[Between, ...] = Field(default=(), description="From its answer to the next model's pictures, or to the "
        "pipeline's answer.")  # fmt: skip

    @property
    def steps(self) -> tuple[Any, ...]:
        """Everything around its model."""
        return (*self.model.steps, *self.model.postprocess, *self.then)


class Pipeline(Aspect):
    """A manifest of a pipeline. What goes in is the first model's, what comes out the last one's."""

    source: str
    modality: Modality = Field(description="Of the whole: by it the answers are judged. By default the last model's.")
    weights: str = Field(description="Of the models, by name: <model>.<weights>+<model>.<weights>.")
    preprocess: tuple[Before, ...] = Field(
        min_length=1, description="From an encoded sample to a picture, uint8 RGB; each model's own steps follow."
    )
    pipeline: tuple[Stage, ...] = Field(
        min_length=1, description="In a YAML file a mapping, stage → {model: <of conf/model>, weights, then}, in order."
    )
    heads: dict[str, dict[str, Head]] = Field(description="weights → data set → meaning. By default the last model's.")
    accuracy_floor: dict[str, dict[str, float | Floors]] = Field(
        default_factory=dict, description="weights → data set → metric → its worst value that is allowed."
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if mistakes := [*self._names(), *self._pictures(), *self._seams(), *self._crops()]:
            raise ValueError("; ".join(mistakes))
        return self

    def _names(self) -> Iterator[str]:
        names = [stage.name for stage in self.pipeline]
        if len(set(names)) != len(names) or BETWEEN in names:
            yield f"stages are called {', '.join(names)}; give each a name of its own, other than «{BETWEEN}»"
        of = "+".join(f"{model.id}.{model.weights}" for model in self.models.values())
        if self.weights != of:
            yield f"weights are «{self.weights}», and those of its models «{of}»; leave weights out, they follow"

    def _pictures(self) -> Iterator[str]:
        """Every model begins with pixels in memory."""
        if self.preprocess[0].step == "decode" and self.preprocess[0].color != "RGB":
            yield f"preprocess decodes {self.preprocess[0].color}, and a picture of a pipeline is RGB; set color: RGB"
        for stage in self.pipeline:
            steps = stage.model.steps
            if stage.model.time_only or not steps or steps[0].step != "decode":
                yield (
                    f"stage «{stage.name}» cannot be given a picture: {stage.model.name}, of {stage.model.modality}, "
                    "has no step decode as its first"
                )

    def _seams(self) -> Iterator[str]:
        """What each model says is what the steps behind it take, and they give what comes next."""
        for number, stage in enumerate(self.pipeline, 1):
            last, kind = number == len(self.pipeline), _after(stage)
            if "«" in kind:
                yield f"stage «{stage.name}»: {kind}"
            elif not last and kind not in (PICTURES, ""):
                yield (
                    f"stage «{stage.name}» gives {kind}, and «{self.pipeline[number].name}» needs pictures: end its "
                    f"«then» in {shown([name for name, (_, gives) in SEAMS.items() if gives == PICTURES])}"
                )
            elif last and kind not in (ANSWERS.get(self.modality, kind), ""):
                yield f"stage «{stage.name}», the last one, gives {kind}; {self.modality} is judged by another answer"

    def _crops(self) -> Iterator[str]:
        """Behind a crop a picture may have any number of items, and what they come to has to be said."""
        many = False
        for stage in self.pipeline:
            one, names = stage.model, [step.step for step in stage.then]
            if many and (one.one_at_a_time or MANY in names):
                why = f"{one.name} takes one sample at a time" if one.one_at_a_time else "it crops once more"
                yield f"stage «{stage.name}» is given any number of crops, and {why}"
            if many and stage is self.pipeline[-1] and not names:
                ends = [name for name, (_, gives) in SEAMS.items() if gives != PICTURES]
                yield f"stage «{stage.name}» answers for crops: say in its «then» what is a picture's, {shown(ends)}"
            if MANY in names and (moved := _moved(one)):
                yield f"stage «{stage.name}» does not read whole pictures ({', '.join(moved)}): its boxes are elsewhere"
            if "best_crop" in names and not self._whole():
                yield "best_crop needs a box in every picture: set none: whole in a step crop before it"
            if "relabel" in names and not many:
                yield "relabel needs boxes that were found before: a step crop in the «then» of a detector"
            many = many or MANY in names

    def _whole(self) -> bool:
        return any(s.step == MANY and s.none == "whole" for stage in self.pipeline for s in stage.then)

    @property
    def models(self) -> dict[str, Model]:
        """Stage → its model, in order."""
        return {stage.name: stage.model for stage in self.pipeline}

    @property
    def parts(self) -> tuple[str, ...]:
        """What its time is told by, beside the whole: each stage, and between them."""
        names = tuple(self.models)
        return (*names, BETWEEN) if len(names) > 1 else names

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        """Of the first model."""
        return self.pipeline[0].model.inputs

    @property
    def outputs(self) -> tuple[Output, ...]:
        """Of the last model."""
        return self.pipeline[-1].model.outputs

    @property
    def steps(self) -> tuple[Before, ...]:
        """What makes pictures of samples."""
        return self.preprocess

    @property
    def postprocess(self) -> tuple[After, ...]:
        """Of the last model."""
        return self.pipeline[-1].model.postprocess

    @property
    def every_step(self) -> tuple[Any, ...]:
        """Of all stages and around them."""
        return (*self.preprocess, *(step for stage in self.pipeline for step in stage.steps))

    @property
    def time_only(self) -> bool:
        """Never: there is an answer to be right about."""
        return False

    @property
    def service_ms(self) -> None:
        """None, as it does not only take time."""
        return

    @property
    def one_at_a_time(self) -> bool:
        """Whether one of the models is."""
        return any(model.one_at_a_time for model in self.models.values())

    @property
    def name(self) -> str:
        """The pipeline with what it is of: ``enlarge_patchnet[espcn.trained+patchnet.trained]``."""
        return f"{self.id}[{self.weights}]"

    def floors(self, dataset: str) -> Floors:
        """metric → its worst value that is allowed, of the chosen weights on a data set."""
        return floors_of(self.accuracy_floor, self.weights, dataset)


def _moved(model: Model) -> list[str]:
    """The steps after which a place is another share of the picture."""
    steps = model.steps
    return [s.step for s in steps if s.step in ("pad", "center_crop") or getattr(s, "aspect", "") == "shorter_side"]


def _after(stage: Stage) -> str:
    """What a stage gives: a kind of answer, «pictures», or "" where a step of the user's own decides; or a sentence."""
    kind = ANSWERS.get(stage.model.modality, stage.model.modality)
    for step in stage.then:
        if isinstance(step, DottedStep):
            kind = ""
            continue
        takes, gives = SEAMS[step.step]
        if kind not in (takes, ""):
            return f"the step «{step.step}» takes {takes}, and what it is given is {kind}"
        kind = gives
    return kind
