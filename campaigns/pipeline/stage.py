"""One file a stage: reads a work item's inputs, calls an engine, writes files, returns the result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from argyro.platform.execution.task import StageContext


@dataclass(frozen=True)
class StageDefinition:
    """A stage as the graph knows it.

    Args:
        name: as it stands in the store and in `argyro status`.
        version: raise it when the stage's code changes its results; old results then stay, new ones are computed.
        run: computes a result; may raise.
        hosted: runs in an actor of its own (long, resumes in its folder).
    """

    name: str
    version: int
    run: Callable[[StageContext], dict]
    hosted: bool = False
