"""The model whose frozen descriptors the surrogate's networks see, as a campaign file names it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from argyro.platform.labels.descriptors import require_describing
from argyro.platform.labels.source import LabelSource


def foundation_source(section: Mapping) -> LabelSource:
    """The model of the section `surrogate.foundation`.

    Raises:
        InputError: it cannot describe atoms here.
    """
    return _source(section.get("source", "chgnet"), section.get("model"))


@lru_cache(maxsize=4)  # asking a model for its identity takes half a second, and a growing graph is built often
def _source(name: str, model: str | None) -> LabelSource:
    source = LabelSource(name, kwargs={"model": model} if model else {})
    require_describing(source)
    return source
