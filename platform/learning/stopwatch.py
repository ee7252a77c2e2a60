"""Stopwatch of the parts of a round."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

EXPLORATION, SELECTION, LABELS, FIT, MAXVOL = "exploration", "selection", "labels", "fit", "maxvol"


@dataclass
class Stopwatch:
    """A sum of wall seconds by part.

    Attributes:
        seconds: part -> seconds.
    """

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def time(self, part: str) -> Iterator[None]:
        """Add the time of a block to a part."""
        start = time.monotonic()
        try:
            yield
        finally:
            self.seconds[part] = self.seconds.get(part, 0.0) + time.monotonic() - start

    def rounded(self) -> dict[str, float]:
        """Return the seconds of all parts, rounded to 10 ms."""
        return {part: round(seconds, 2) for part, seconds in self.seconds.items()}
