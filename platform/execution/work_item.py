"""The unit of work and its identity: the hash of everything that decides its result."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

KEY_LENGTH = 32


def canonical_json(value: object) -> str:
    """One text per value: sorted keys, no spaces, floats as Python's shortest repr; NaN is refused."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


@dataclass(frozen=True)
class WorkItem:
    """What is computed, from what, by which version of the code.

    Args:
        stage: name of the stage, for instance ``md``.
        version: version of the stage's code; raising it makes new keys, old results stay.
        inputs: everything that decides the result and is not a parent: JSON types only.
        parents: role -> key of the items whose results are read.
    """

    stage: str
    version: int
    inputs: Mapping[str, object]
    parents: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def key(self) -> str:
        """SHA-256 over the canonical JSON of the four fields, shortened to 128 bits."""
        return hashlib.sha256(canonical_json(self.to_json()).encode()).hexdigest()[:KEY_LENGTH]

    def to_json(self) -> dict[str, object]:
        """The four fields as JSON types."""
        return {
            "stage": self.stage,
            "version": self.version,
            "inputs": dict(self.inputs),
            "parents": dict(self.parents),
        }
