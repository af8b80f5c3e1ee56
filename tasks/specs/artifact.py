"""A file that an evaluation needs, named by its bytes."""

from typing import Any, Self

from pydantic import Field, model_validator

from tasks.specs.base import InsidePath, Sha256, Spec


class Download(Spec):
    """A public file, pinned by its address and its bytes."""

    url: str = Field(pattern=r"^https?://")
    sha256: Sha256
    size_bytes: int = Field(gt=0)


class Build(Spec):
    """How a model is made: an architecture of a library, with weights from a seed, or from files of its user's.

    Built in the environment of a lock when it is first asked for (`tasks/artifacts/zoo`).
    """

    library: str = Field(pattern=r"^[a-z]\w*$", description="A file in tasks/artifacts/zoo/libraries.")
    entry: str = Field(min_length=1, description="What the library calls it.")
    arguments: dict[str, Any] = Field(default_factory=dict, description="Passed to it.")
    seed: int = Field(default=0, ge=0)
    statistics: InsidePath | None = Field(
        default=None, description="safetensors with what was fitted: batch statistics and the last layer."
    )
    folder: InsidePath | None = Field(
        default=None, exclude_if=lambda folder: folder is None, description="Where the files of «weights» lie."
    )
    weights: dict[InsidePath, Sha256] = Field(
        default_factory=dict,
        exclude_if=lambda files: not files,
        description="Instead of a seed: safetensors and configuration, file → SHA-256.",
    )
    sha256: dict[str, Sha256] = Field(
        default_factory=dict, description="format → the file's; one that is converted is there only if it stands here."
    )
    parameters: int | None = Field(default=None, ge=0, description="As built; for the list of the zoo.")
    macs: int | None = Field(default=None, ge=0, description="Multiply-accumulate operations of one sample.")


class Built(Spec):
    """One model file of a build, with everything that its bytes depend on."""

    name: str
    format: str
    build: Build
    inputs: tuple[dict[str, Any], ...]
    outputs: tuple[dict[str, Any], ...]


class Artifact(Spec):
    """A file that DVC pulls or builds, that a recipe assembles from a download, or that the zoo builds.

    Either ``sha256`` pins the file itself (then ``stage`` names the DVC stage that can build it), or ``source``
    pins the download that ``recipe`` assembles it from, or ``built`` names the build, which lies in the user's cache.
    """

    path: InsidePath
    sha256: Sha256 | None = None
    stage: str | None = None
    source: Download | None = None
    recipe: str | None = None
    built: Built | None = None
    beside: dict[InsidePath, Sha256] = Field(
        default_factory=dict,
        exclude_if=lambda files: not files,
        description="Other files of the model, relative to the folder of the first.",
    )

    @model_validator(mode="after")
    def _pinned(self) -> Self:
        if self.built is not None:
            return self
        if (self.sha256 is None) == (self.source is None):
            raise ValueError(f"{self.path}: give either sha256, or source and recipe; both or neither pin nothing")
        if (self.source is None) != (self.recipe is None):
            raise ValueError(f"{self.path}: source and recipe belong together")
        return self
