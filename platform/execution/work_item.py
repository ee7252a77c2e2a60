"""Define the unit of work and its key, the hash of everything that decides its result."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

KEY_LENGTH = 32


def canonical_json(value: object) -> str:
    """Write JSON with sorted keys, no spaces and the shortest repr of floats; refuse NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


@dataclass(frozen=True)
class WorkItem:
    """Name a computation: its inputs, its parents, and the version of its code.

    Args:
        stage: name of the stage, for instance ``md``.
        version: of the stage's code; a higher one gives new keys, and old results stay in the store.
        inputs: everything else that decides the result; JSON types only.
        parents: role -> keys of the items whose results are read.
    """

    stage: str
    version: int
    inputs: Mapping[str, object]
    parents: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @cached_property
    def key(self) -> str:
        """SHA-256 of the canonical JSON of the four fields, shortened to 128 bits."""
        return hashlib.sha256(canonical_json(self.to_json()).encode()).hexdigest()[:KEY_LENGTH]

    def to_json(self) -> dict[str, object]:
        """Return the four fields as JSON types."""
        return {
            "stage": self.stage,
            "version": self.version,
            "inputs": dict(self.inputs),
            "parents": {role: list(keys) for role, keys in self.parents.items()},
        }
