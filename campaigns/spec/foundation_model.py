"""The model whose frozen descriptors the surrogate's networks see."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from argyro.platform.labels.source import LabelSource


def foundation_source(section: Mapping) -> LabelSource:
    """Return the model of the section `surrogate.foundation`."""
    return _source(section.get("source", "chgnet"), section.get("model"))


@lru_cache(maxsize=4)  # asking a model for its identity takes half a second, and a growing graph is built often
def _source(name: str, model: str | None) -> LabelSource:
    return LabelSource(name, kwargs={"model": model} if model else {})
