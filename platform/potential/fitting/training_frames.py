"""Checks of frames before training: labels, finite values, one reference, no duplicates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from ase import Atoms
from ase.calculators.calculator import PropertyNotImplementedError

from argyro.platform.common.errors import InputError
from argyro.platform.potential.frames.label_keys import label_hint

MAX_FORCE_EV_A = 1e4  # far above the forces of any bonded structure


def require_trainable(frames: Sequence[Atoms]) -> None:
    """Refuse frames that are unsuitable for training.

    Raises:
        InputError: there are no frames; energy or forces are missing; labels are not finite or come from several
            references; a frame is repeated.
    """
    if not frames:
        raise InputError("there are no frames to train on")
    for index, frame in enumerate(frames):
        require_labels(f"frame {index}", frame)
    _require_one_source(frames)
    _require_distinct(frames)


def stress_of(frame: Atoms) -> np.ndarray | None:
    """Return the stress label in eV/Å³, xx, yy, zz, yz, xz, xy; None without a label or full periodicity."""
    stress = _label(frame, "stress") if all(frame.pbc) else None
    return None if stress is None else np.asarray(stress, float)


def require_labels(name: str, frame: Atoms) -> None:
    """Refuse a frame with missing, infinite or implausible labels.

    Args:
        name: name of the frame for the message.
        frame: the frame.

    Raises:
        InputError: a label is missing or not finite, or a force is larger than 10 000 eV/Å.
    """
    labels = {name: _label(frame, name) for name in ("energy", "forces")}
    missing = [name for name, value in labels.items() if value is None]
    named = f"{name} ({frame.get_chemical_formula()})"
    if missing:
        raise InputError(f"{named} has no {' and no '.join(missing)}; label it first ({label_hint(frame)})")
    stress = stress_of(frame)
    labels |= {} if stress is None else {"stress": stress}
    for label, value in labels.items():
        if not np.all(np.isfinite(np.asarray(value, dtype=float))):
            raise InputError(
                f"{named}: its {label} contains NaN or infinity; the reference calculation failed, leave the frame out"
            )
    largest = float(np.abs(np.asarray(labels["forces"], float)).max(initial=0.0))
    if largest > MAX_FORCE_EV_A:
        raise InputError(
            f"{named}: a force component is {largest:.3g} eV/Å, larger than {MAX_FORCE_EV_A:g}; the reference "
            "calculation failed or the unit is wrong, leave the frame out"
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
            f"the frames have labels of {len(sources)} references, {', '.join(sources)}; "
            "their energies cannot be mixed, relabel all with one"
        )


def distinct(frames: Sequence[Atoms]) -> list[Atoms]:
    """Return the frames without duplicates: equal atoms, positions and cell."""
    found: dict[bytes, Atoms] = {}
    for frame in frames:
        found.setdefault(_fingerprint(frame), frame)
    return list(found.values())


def without_repeats(frames: Sequence[Atoms], names: Sequence[str]) -> list[int]:
    """Return the indices of the frames without duplicates.

    Args:
        frames: labelled frames.
        names: names of the frames for the message.

    Raises:
        InputError: a duplicate has another energy.
    """
    first: dict[bytes, int] = {}
    for place, frame in enumerate(frames):
        earlier = first.setdefault(_fingerprint(frame), place)
        energies_eV = [float(frames[index].get_potential_energy()) for index in (earlier, place)]
        if abs(energies_eV[1] - energies_eV[0]) > 1e-3 * len(frame):
            raise InputError(
                f"{names[earlier]} and {names[place]} are the same structure with different energies, "
                f"{energies_eV[0]:.6f} and {energies_eV[1]:.6f} eV; keep one"
            )
    return sorted(first.values())


def _require_distinct(frames: Sequence[Atoms]) -> None:
    seen: dict[bytes, int] = {}
    for index, frame in enumerate(frames):
        key = _fingerprint(frame)
        if key in seen:
            raise InputError(
                f"frames {seen[key]} and {index} ({frame.get_chemical_formula()}) are the same structure; keep one"
            )
        seen[key] = index


def _fingerprint(frame: Atoms) -> bytes:
    parts = (frame.numbers, frame.positions, frame.cell.array, frame.pbc)
    return b"".join(np.ascontiguousarray(part).tobytes() for part in parts)
