"""The model aspect: what goes in, what comes out, how pictures become tensors, and which bytes are the model."""

import hashlib
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from tasks.specs.artifact import Artifact, Build, Built
from tasks.specs.base import Aspect, Sha256, Spec
from tasks.specs.steps import After, Before

Modality = Literal[
    "image_classification",
    "object_detection",
    "semantic_segmentation",
    "depth_estimation",
    "super_resolution",
    "language_understanding",
    "language_generation",
    "translation",
    "embedding",
    "speech",
    "recommendation",
    "time_series",
    "other",
]
Meaning = Literal["logits", "probabilities", "features", "boxes", "picture", "values"]
Layout = Literal[
    "NCHW", "NHWC", "NC", "NCT", "NCFT", "NT", "NTC", "N", "", "D", "DD", "DDD", "DDDD", "DDDDD", "DDDDDD"
]  # fmt: skip
Meanings = dict[str, int | float | str]
Floors = dict[str, float]
Dimension = Annotated[int, Field(gt=0)] | Literal["batch"]


FORMATS = {"onnx": "model.onnx", "pt2": "model.pt2"}  # what the zoo builds, all at once
FURTHER = {"tflite": "model.tflite", "mxnet": "model.zip"}  # written from that where the manifest pins it


class Tensor(Spec):
    """An input of the model. Shape, layout, type, and colour order have no default and must agree."""

    name: str
    shape: tuple[Dimension, ...] = Field(
        description="One entry a dimension; «batch» is free. Without it, one value serves all samples of a prediction."
    )
    dtype: Literal["float32", "float16", "float64", "uint8", "int8", "int16", "int32", "int64", "bool"]
    layout: Layout = Field(
        description="A letter a dimension: N samples, C channels, H height, W width, T time or place, F frequency; "
        "D where that is not known."
    )
    color: Literal["RGB", "BGR", "GRAY", "none"]
    range: tuple[float, float] = Field(description="Smallest and largest value that a right input can hold.")

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if len(self.shape) != len(self.layout):
            raise ValueError(
                f"shape {list(self.shape)} has {len(self.shape)} dimensions, "
                f"layout {self.layout} has {len(self.layout)}"
            )
        if self.shape.count("batch") > 1:
            raise ValueError(f"shape {list(self.shape)} names «batch» twice; one dimension counts the samples")
        if self.range[0] > self.range[1]:
            raise ValueError(f"range {list(self.range)} is empty; give [smallest, largest]")
        channels = {"RGB": 3, "BGR": 3, "GRAY": 1}.get(self.color)
        if channels and "C" in self.layout and self.shape[self.layout.index("C")] != channels:
            raise ValueError(
                f"color {self.color} means {channels} channels, but layout {self.layout} puts "
                f"{self.shape[self.layout.index('C')]} into shape {list(self.shape)}"
            )
        return self


class Output(Spec):
    """An output of the model and what it means."""

    name: str
    dtype: Literal["float32", "float16", "float64", "uint8", "int8", "int16", "int32", "int64", "bool"]
    meaning: Meaning


class Channels(Spec):
    """Mean and standard deviation per channel that pre-processed inputs of a data set have."""

    mean: tuple[float, ...]
    std: tuple[float, ...]
    tolerance: float = Field(gt=0, description="Allowed absolute shift of a mean, and relative shift of a deviation.")


class Head(Spec):
    """What the outputs mean on one data set: the labels of the last layer's positions, or what the modality names."""

    labels: tuple[str, ...] | None = None
    labels_sha256: Sha256 | None = None
    meaning: Meanings = Field(
        default_factory=dict,
        exclude_if=lambda meaning: not meaning,
        description="What a data set has to say the same of: scale, vocabulary, …; no labels.",
    )
    channels: Channels | None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum((self.labels is not None, self.labels_sha256 is not None, bool(self.meaning))) != 1:
            raise ValueError("give either labels or labels_sha256, or a meaning where outputs are no classes")
        return self

    def fits(self, labels: tuple[str, ...]) -> bool:
        """Whether a data set with these labels, in this order, is what the head was made for."""
        if self.labels is not None:
            return self.labels == labels
        return self.labels_sha256 == hashlib.sha256("\n".join(labels).encode()).hexdigest()


class Model(Aspect):
    """A model manifest: a new model is this file only."""

    source: str
    modality: Modality
    weights: str = Field(description="Which of the weights under «artifacts» or «build», and «heads».")
    service_ms: float | None = Field(
        default=None,
        ge=0,
        description="How long a model takes that does nothing else; it has no input or output.",
    )
    inputs: tuple[Tensor, ...]
    batch: Literal[1] | None = Field(
        default=None,
        exclude_if=lambda value: value is None,
        description="1: the model file takes one sample at a time, though the shapes say «batch».",
    )
    outputs: tuple[Output, ...]
    preprocess: tuple[Before, ...]
    preprocess_for: dict[str, tuple[Before, ...]] = Field(
        default_factory=dict, description="weights → steps, where they differ."
    )
    postprocess: tuple[After, ...]
    artifacts: dict[str, dict[str, Artifact]] = Field(default_factory=dict, description="weights → format → file.")
    build: dict[str, Build] = Field(default_factory=dict, description="weights → how the zoo makes the files.")
    heads: dict[str, dict[str, Head]] = Field(description="weights → data set → meaning.")
    accuracy_floor: dict[str, dict[str, float | Floors]] = Field(
        default_factory=dict,
        description="weights → data set → least accuracy_top1, or metric → its worst value that is allowed.",
    )

    @model_validator(mode="after")
    def _weights_exist(self) -> Self:
        known = [*self.artifacts, *self.build]
        if self.weights not in known:
            raise ValueError(f"weights «{self.weights}» has no artifacts; available: {', '.join(known)}")
        return self

    @model_validator(mode="after")
    def _whole(self) -> Self:
        parts = {name: len(getattr(self, name)) for name in ("inputs", "outputs", "preprocess", "postprocess")}
        needed = parts if self.modality == "image_classification" else ("inputs", "outputs")
        if not self.time_only and (empty := [name for name in needed if not parts[name]]):
            raise ValueError(f"{', '.join(empty)} may be empty only for a model that only takes time (service_ms)")
        if self.time_only and (filled := [name for name, n in parts.items() if n]):
            raise ValueError(f"a model that only takes time (service_ms) has no {', '.join(filled)}")
        return self

    @property
    def time_only(self) -> bool:
        """Whether it only takes time, so that there is nothing to be right about."""
        return self.service_ms is not None

    def floors(self, dataset: str) -> Floors:
        """metric → its worst value that is allowed, of the chosen weights on a data set."""
        return floors_of(self.accuracy_floor, self.weights, dataset)

    @property
    def every_step(self) -> tuple[Any, ...]:
        """Before and after."""
        return (*self.steps, *self.postprocess)

    @property
    def one_at_a_time(self) -> bool:
        """Whether a prediction takes one sample and no more: the file fixes it, or no input grows with the samples."""
        return self.batch == 1 or not any("batch" in tensor.shape for tensor in self.inputs)

    @property
    def models(self) -> dict[str, "Model"]:
        """Itself, which is no part of anything."""
        return {"": self}

    @property
    def parts(self) -> tuple[str, ...]:
        """What its time is told by, beside the whole: nothing of one model."""
        return ()

    @property
    def steps(self) -> tuple[Before, ...]:
        """The pre-processing of the chosen weights."""
        return self.preprocess_for.get(self.weights, self.preprocess)

    def files(self) -> dict[str, Artifact]:
        """format → file of the chosen weights."""
        build = self.build.get(self.weights)
        forms = [*FORMATS, *(form for form in FURTHER if form in build.sha256)] if build else ()
        return {**{form: self.made(form) for form in forms}, **self.artifacts.get(self.weights, {})}

    def made(self, form: str) -> Artifact:
        """The file of a format of the zoo, whether it is pinned or not; the model has to be one that the zoo builds."""
        build = self.build[self.weights]
        tensors = {name: [t.model_dump(mode="json") for t in getattr(self, name)] for name in ("inputs", "outputs")}
        built = Built.model_validate({"name": self.id, "format": form, "build": build, **tensors})
        path = f"{self.name}/{(FORMATS | FURTHER)[form]}"
        return Artifact(path=path, sha256=build.sha256.get(form), built=built)

    @property
    def name(self) -> str:
        """The model with its weights, as every table shows it: ``resnet50[seeded]``."""
        return f"{self.id}[{self.weights}]"


def floors_of(floors: dict[str, dict[str, float | Floors]], weights: str, dataset: str) -> Floors:
    """metric → its worst value that is allowed; a number alone is of accuracy_top1."""
    floor = floors.get(weights, {}).get(dataset, {})
    return floor if isinstance(floor, dict) else {"accuracy_top1": floor}
