"""What all manifests share: frozen, unknown fields refused except under «x-», a content hash.

Knows nothing of Hydra, files, or the network.
"""

import hashlib
import json
from pathlib import PurePosixPath
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator


class Spec(BaseModel):
    """A frozen manifest or part of one."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, protected_namespaces=())

    extensions: dict[str, Any] = Field(default_factory=dict, description="Fields that began with «x-».")

    @model_validator(mode="before")
    @classmethod
    def _gather_extensions(cls, data: Any) -> Any:
        """Move «x-…» keys aside, so that any other unknown key is refused."""
        if not isinstance(data, dict):
            return data
        extra = {k: v for k, v in data.items() if isinstance(k, str) and k.startswith("x-")}
        if not extra:
            return data
        rest = {k: v for k, v in data.items() if k not in extra}
        return {**rest, "extensions": {**rest.get("extensions", {}), **extra}}

    def content_hash(self) -> str:
        """SHA-256 over the canonical JSON of the whole manifest (64 hexadecimal digits)."""
        return digest(self.model_dump(mode="json"))


class Aspect(Spec):
    """One of the aspects of DLSpec (arXiv 2002.11262, §3): it has an identity of its own."""

    id: str = Field(min_length=1, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")
    version: str = Field(min_length=1)
    licence: str = Field(min_length=1, description="SPDX identifier, or a sentence.")


def digest(value: Any) -> str:
    """SHA-256 of a JSON value, keys sorted, no spaces (64 hexadecimal digits)."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _inside(path: str) -> str:
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts or not pure.parts:
        raise ValueError(f"«{path}» leaves its folder; give a relative path without «..»")
    return path


InsidePath = Annotated[str, AfterValidator(_inside)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
