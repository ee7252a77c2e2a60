"""Checks of labels for other units than eV, eV/Å and eV/Å³ and for opposite signs.

A pair potential fitted to the forces alone predicts the differences of energy and stress between frames. The slope of
the labels against the prediction is near 1 for consistent units and near 160 for a stress in GPa.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from ase import Atoms, units

from argyro.platform.common.errors import InputError
from argyro.platform.common.units import EV_A3_IN_GPA
from argyro.platform.potential.fitting.pair_fit import PairFit
from argyro.platform.potential.fitting.training_frames import stress_of
from argyro.platform.potential.mtp.model import MTP

MAX_STRESS_EV_A3 = 1.0  # 160 GPa
MAX_STRESS_ERROR_GPA = 10.0  # largest error of a fit; with labels in eV/Å³ it is below 1
_CORRELATION = 0.7  # smallest correlation for a meaningful prediction
_FRAMES = 3  # smallest number of frames with a stress for a correlation
_ATOMS = 4000  # largest number of atoms in the checked frames
_STRESS_UNITS = {
    "GPa": EV_A3_IN_GPA,
    "kbar": 10 * EV_A3_IN_GPA,
    "bar": 1e4 * EV_A3_IN_GPA,
    "Hartree/bohr³": units.Bohr**3 / units.Hartree,
}
_FORCE_IN_HARTREE_BOHR = units.Hartree / units.Bohr  # eV/Å of one atomic unit
_ENERGY_RATIOS = {
    "energies in Hartree": 1 / units.Hartree,
    "energies in kcal/mol": units.mol / units.kcal,
    "energies in kJ/mol": units.mol / units.kJ,
    "forces in Hartree/bohr": _FORCE_IN_HARTREE_BOHR,
    "forces in kcal/mol/Å": units.kcal / units.mol,
}


def require_consistent_units(frames: Sequence[Atoms], mtp: MTP) -> None:
    """Refuse labels with inconsistent units or signs.

    Args:
        frames: frames with energy, forces and, if known, stress.
        mtp: potential that gives species and cutoff.

    Raises:
        InputError: the stress is larger than in any crystal, or energies or stresses differ from the predictions of the
            forces by the factor of another unit or by sign.
    """
    sample = _sample(frames)
    fit = PairFit(sample, mtp)
    if fit.trusted:
        _judge_energies(sample, fit, mtp)
        _judge_stresses(sample, fit)
    _require_plausible_stress(frames)


def require_small_stress_error(stress_error_GPa: float | None) -> None:
    """Refuse a fit with a stress error too large for labels in eV/Å³.

    Args:
        stress_error_GPa: root-mean-square error of the fit; None without stress labels.

    Raises:
        InputError: the error exceeds 10 GPa.
    """
    if stress_error_GPa is not None and stress_error_GPa > MAX_STRESS_ERROR_GPA:
        raise InputError(
            f"the fit leaves a stress error of {stress_error_GPa:.3g} GPa, so the stress labels are not in eV/Å³ "
            "(in GPa or kbar?); convert them, or leave them out by --stress-key none"
        )


def _require_plausible_stress(frames: Sequence[Atoms]) -> None:
    labels = [(index, stress) for index, frame in enumerate(frames) if (stress := stress_of(frame)) is not None]
    for index, stress in labels:
        largest = float(np.abs(stress).max())
        if largest > MAX_STRESS_EV_A3:
            _refuse_stress(f"the stress of frame {index} reaches {largest:.3g}", "kbar" if largest > 20 else "GPa")
    if labels and not any(np.any(stress) for _, stress in labels):
        raise InputError(
            f"the stress is zero in all {len(labels)} frames and was not computed; leave it out by --stress-key none"
        )


def _sample(frames: Sequence[Atoms]) -> list[Atoms]:
    stride = max(1, sum(map(len, frames)) // _ATOMS)
    return list(frames[::stride])


def _judge_energies(frames: list[Atoms], fit: PairFit, mtp: MTP) -> None:
    counts = np.array([[list(frame.symbols).count(symbol) for symbol in mtp.species] for frame in frames], float)
    span, sizes, _ = np.linalg.svd(counts, full_matrices=False)
    span = span[:, sizes > 1e-9 * sizes[0]]
    if len(frames) < span.shape[1] + 4:
        return
    expected = np.array([fit.energy_eV(frame) for frame in frames])
    labels = np.array([frame.get_potential_energy() for frame in frames])
    slope, correlation = _slope(expected - span @ (span.T @ expected), labels - span @ (span.T @ labels))
    if correlation < -_CORRELATION:
        raise InputError("energies rise along the forces, which may be gradients; reverse their sign")
    if correlation > _CORRELATION and not 1 / 8 < slope < 8:
        near = [name for name, ratio in _ENERGY_RATIOS.items() if abs(np.log(slope / ratio)) < np.log(3)]
        raise InputError(
            f"energies change {slope:.3g} times as much as the forces imply, which must be about once; "
            f"likely {' or '.join(near) or 'another unit'}; convert to eV and eV/Å"
        )


def _judge_stresses(frames: list[Atoms], fit: PairFit) -> None:
    pairs = [(fit.stress_eV_A3(frame), stress) for frame in frames if (stress := stress_of(frame)) is not None]
    if len(pairs) < _FRAMES:
        return
    expected, labels = (_without_mean_pressure(np.array(side)) for side in zip(*pairs, strict=True))
    slope, correlation = _slope(expected, labels)
    if abs(correlation) < _CORRELATION or 1 / 12 < slope < 12:
        return
    if -12 < slope < -1 / 12:
        raise InputError(
            "the stress has the opposite sign: it is positive under compression (as VASP prints it); reverse it, or "
            "leave it out by --stress-key none"
        )
    likely = min(_STRESS_UNITS, key=lambda name: abs(np.log(abs(slope) / _STRESS_UNITS[name])))
    sign = ", with the opposite sign" if slope < 0 else ""
    _refuse_stress(f"the stress is {abs(slope):.3g} times what the forces imply{sign}", likely)


def _refuse_stress(found: str, unit: str) -> None:
    raise InputError(
        f"{found}, which cannot be eV/Å³; likely it is in {unit} (1 eV/Å³ = {_STRESS_UNITS[unit]:.6g} {unit}); "
        "convert it, or leave it out by --stress-key none"
    )


def _without_mean_pressure(stresses: np.ndarray) -> np.ndarray:
    """Subtract the mean pressure of all frames, which forces determine badly."""
    return (stresses - stresses[:, :3].mean() * np.array([1, 1, 1, 0, 0, 0])).ravel()


def _slope(expected: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """Return the slope of the labels against the expected values, through the origin, and the correlation."""
    product = float(expected @ labels)
    size = float(np.sqrt((expected @ expected) * (labels @ labels)))
    return (product / float(expected @ expected), product / size) if size > 0 else (1.0, 0.0)
