"""Frames fit to train on: labelled, finite, of one reference, no atom upon another, none twice."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from ase import Atoms
from ase.calculators.calculator import PropertyNotImplementedError

from argyro.platform.common.errors import InputError


def require_trainable(frames: Sequence[Atoms]) -> None:
    """Refuses frames that would spoil a potential.

    Raises:
        InputError: no frames; one without energy or forces; labels that are not finite; labels of several references;
            the same frame twice.
    """
    if not frames:
        raise InputError(
            "there are no frames to train on", path="frames", given=0, accepted="at least one labelled frame"
        )
    for index, frame in enumerate(frames):
        _require_labels(index, frame)
    _require_one_source(frames)
    _require_distinct(frames)


def stress_of(frame: Atoms) -> np.ndarray | None:
    """Stress label (eV/Å³; xx, yy, zz, yz, xz, xy), None without one or unless periodic in three directions."""
    stress = _label(frame, "stress") if all(frame.pbc) else None
    return None if stress is None else np.asarray(stress, float)


def _require_labels(index: int, frame: Atoms) -> None:
    labels = {name: _label(frame, name) for name in ("energy", "forces")}
    missing = [name for name, value in labels.items() if value is None]
    if missing:
        raise InputError(
            f"frame {index} ({frame.get_chemical_formula()}) carries no {' and no '.join(missing)}; label it first",
            path=f"frames[{index}]",
            accepted="energy and forces in a SinglePointCalculator",
        )
    stress = stress_of(frame)
    labels |= {} if stress is None else {"stress": stress}
    for name, value in labels.items():
        if not np.all(np.isfinite(np.asarray(value, dtype=float))):
            raise InputError(
                f"frame {index} ({frame.get_chemical_formula()}): its {name} holds NaN or infinity; "
                "the reference calculation failed, leave the frame out",
                path=f"frames[{index}]",
                accepted="finite labels",
            )


def _label(frame: Atoms, name: str) -> np.ndarray | float | None:
    if frame.calc is None:
        return None
    try:
        return frame.calc.get_property(name, frame, allow_calculation=False)
    except PropertyNotImplementedError:
        return None


def _require_one_source(frames: Sequence[Atoms]) -> None:
    sources = sorted({str(frame.info["label_source"]) for frame in frames if "label_source" in frame.info})
    if len(sources) > 1:
        raise InputError(
            f"the frames carry labels of {len(sources)} references, {', '.join(sources)}; "
            "their energies cannot be mixed, relabel all with one",
            path="frames",
            given=sources,
            accepted="one label source",
        )


def distinct(frames: Sequence[Atoms]) -> list[Atoms]:
    """The frames without those that repeat an earlier one: same atoms at the same places of the same cell."""
    found: dict[bytes, Atoms] = {}
    for frame in frames:
        found.setdefault(_fingerprint(frame), frame)
    return list(found.values())


def _require_distinct(frames: Sequence[Atoms]) -> None:
    seen: dict[bytes, int] = {}
    for index, frame in enumerate(frames):
        key = _fingerprint(frame)
        if key in seen:
            raise InputError(
                f"frames {seen[key]} and {index} ({frame.get_chemical_formula()}) are the same structure; keep one",
                path=f"frames[{index}]",
            )
        seen[key] = index


def _fingerprint(frame: Atoms) -> bytes:
    parts = (frame.numbers, frame.positions, frame.cell.array, frame.pbc)
    return b"".join(np.ascontiguousarray(part).tobytes() for part in parts)
