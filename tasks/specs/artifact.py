"""A file that an evaluation needs, named by its bytes."""

from typing import Self

from pydantic import Field, model_validator

from tasks.specs.base import InsidePath, Sha256, Spec


class Download(Spec):
    """A public file, pinned by its address and its bytes."""

    url: str = Field(pattern=r"^https?://")
    sha256: Sha256
    size_bytes: int = Field(gt=0)


class Artifact(Spec):
    """A file inside the repository that DVC pulls or builds, or that a recipe assembles from a download.

    Either ``sha256`` pins the file itself (then ``stage`` names the DVC stage that can build it), or ``source``
    pins the download that ``recipe`` assembles it from.
    """

    path: InsidePath
    sha256: Sha256 | None = None
    stage: str | None = None
    source: Download | None = None
    recipe: str | None = None

    @model_validator(mode="after")
    def _pinned(self) -> Self:
        if (self.sha256 is None) == (self.source is None):
            raise ValueError(f"{self.path}: give either sha256, or source and recipe; both or neither pin nothing")
        if (self.source is None) != (self.recipe is None):
            raise ValueError(f"{self.path}: source and recipe belong together")
        return self
