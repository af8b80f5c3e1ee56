"""The data set aspect: which samples, in which form, with which labels."""

from typing import Literal, Self

from pydantic import Field, model_validator

from tasks.modalities import judge_of
from tasks.specs.artifact import Artifact
from tasks.specs.base import Aspect
from tasks.specs.model import Meanings, Modality


class Dataset(Aspect):
    """A data set manifest. Class index = position in ``labels``."""

    source: str
    modality: Modality | Literal["any"]
    kind: Literal["archive", "image_folder", "synthetic"] = Field(
        description="A zip with index.csv, one folder a class, or seeded inputs made from the model's manifest."
    )
    split: str
    archives: dict[str, Artifact] = Field(description="split → file, for kind=archive.")
    folder: str | None = Field(
        default=None, description="For kind=image_folder; relative to the repository, or absolute."
    )
    samples: dict[str, int] = Field(description="split → number of samples, where it is known.")
    labels: tuple[str, ...] = Field(description="The classes, where samples have one.")
    meaning: Meanings = Field(
        default_factory=dict,
        exclude_if=lambda meaning: not meaning,
        description="What a model has to agree with: scale, vocabulary, …; its modality says.",
    )
    undecodable_share: float = Field(
        default=0.01, ge=0, lt=1, description="More undecodable samples than this end the evaluation."
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.kind == "archive" and self.split not in self.archives:
            raise ValueError(f"split «{self.split}» has no archive; available: {', '.join(self.archives) or 'none'}")
        if self.kind == "image_folder" and not self.folder:
            raise ValueError("kind image_folder needs folder=<path with one folder a class>")
        judge = judge_of(self.modality)
        if not self.synthetic and judge is not None and (lacking := judge.lacks(self)):
            raise ValueError(lacking)
        if len(set(self.labels)) != len(self.labels):
            raise ValueError("labels repeat")
        return self

    @property
    def synthetic(self) -> bool:
        """Whether inputs come out of the model's manifest, so that nothing can be right or wrong but the numbers."""
        return self.kind == "synthetic"

    @property
    def archive(self) -> Artifact | None:
        """The file of the chosen split, or None for a folder of images."""
        return self.archives.get(self.split) if self.kind == "archive" else None
