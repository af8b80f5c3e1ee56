"""A file that an evaluation needs, named by its bytes."""

from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from tasks.specs.base import InsidePath, Sha256, Spec


class Download(Spec):
    """A public file, pinned by its address and its bytes."""

    url: str = Field(pattern=r"^https?://")
    sha256: Sha256
    size_bytes: int = Field(gt=0)


class Pretrained(Spec):
    """Public weights of an architecture: a file of tensors at an address, safetensors or torch's state dict.

    Pinned by its SHA-256, or by the first digits of it where a library says no more (torchvision's file names hold
    eight); the whole one that was found stands in the record.
    """

    url: str = Field(pattern=r"^https?://")
    sha256: Sha256 | None = None
    sha256_begins: Annotated[str, Field(pattern=r"^[0-9a-f]{8,63}$")] | None = Field(
        default=None, description="As the file's name promises, where nobody says the whole."
    )
    licence: str = Field(min_length=1)

    @model_validator(mode="after")
    def _pinned(self) -> Self:
        if (self.sha256 is None) == (self.sha256_begins is None):
            raise ValueError(f"{self.url}: give either sha256, or sha256_begins; both or neither pin nothing")
        return self

    @property
    def promised(self) -> str:
        """The digits that the file's SHA-256 begins with: all of them, or the first."""
        return str(self.sha256 or self.sha256_begins)


class Build(Spec):
    """How a model is made: an architecture of a library, with weights from a seed, public ones, or its user's files.

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
    pretrained: Pretrained | None = Field(
        default=None, exclude_if=lambda source: source is None, description="Instead of a seed: public weights."
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
