"""Mistakes in a campaign file, each with its path, the given value, the accepted values and the repair."""

from __future__ import annotations

import math
from dataclasses import dataclass

from argyro.platform.common.errors import InputError

LONGEST_SHOWN = 80  # characters of a given value in a message

Location = tuple[str | int, ...]


@dataclass(frozen=True)
class Mistake:
    """One value of a campaign file that cannot be used."""

    path: str
    given: object
    accepted: str
    message: str

    def to_json(self) -> dict[str, object]:
        """Return the entry of `errors` in `argyro validate --json`."""
        return {
            "path": self.path,
            "given": _plain(self.given),
            "accepted": self.accepted,
            "message": self.message,
        }


class InvalidCampaign(InputError):
    """The campaign file has mistakes; `mistakes` lists all of them."""

    def __init__(self, source: str, mistakes: list[Mistake]):
        lines = [f"  {mistake.path or '(file)'}: {mistake.message}" for mistake in mistakes]
        super().__init__(f"{source}: {len(mistakes)} mistake{'s' * (len(mistakes) > 1)}\n" + "\n".join(lines))
        self.mistakes = mistakes

    @property
    def details(self) -> dict[str, object]:
        """Return the document of `argyro validate --json`."""
        return {"valid": False, "errors": [mistake.to_json() for mistake in self.mistakes]}


def dotted(location: Location) -> str:
    """Write a location as a path: ``materials[0].disorder``."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).lstrip(".")


def shown(value: object) -> str:
    """Write a given value for a message, shortened."""
    text = repr(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."


def _plain(value: object) -> object:
    """Turn a given value into what JSON can hold; a long one becomes shortened text."""
    finite = not isinstance(value, float) or math.isfinite(value)
    return value if finite and len(repr(value)) <= LONGEST_SHOWN else shown(value)
