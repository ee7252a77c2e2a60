"""Bias of a reference's forces against DFT by element."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from ase import Atoms
from ase.io import iread

from argyro.platform.common.errors import InputError
from argyro.platform.common.estimate import Uncertain
from argyro.platform.labels.client import Labeller, failure

RESAMPLES = 1000
ALL = "all"


@dataclass(frozen=True)
class ForceErrors:
    """The differences of forces from those of DFT.

    Args:
        slope: slope of the forces on those of DFT through the origin, with the 95 % interval over frames.
        rmse: RMSE of force components in eV/Å, with the 95 % interval over frames.
        rms_eV_A: root mean square of DFT's force components, for comparison.
        frames: number of frames with the element.
    """

    slope: Uncertain
    rmse: Uncertain
    rms_eV_A: float
    frames: int

    @property
    def rmse_eV_A(self) -> float:
        """RMSE of force components."""
        return self.rmse.value


@dataclass(frozen=True)
class Bias:
    """A row of the bias table.

    Args:
        reference: label source.
        model: model of the label source, empty if it has only one.
        version: version of its package.
        element: element of the compared forces, or ``all``.
        slope: slope of the forces on those of DFT; below one the reference is too soft.
        slope_low: lower 95 % limit over frames.
        slope_high: upper 95 % limit over frames.
        rmse_eV_A: RMSE of force components.
        lattice_error_percent: mean error of relaxed lattice constants against neutron diffraction; None if unknown.
        frames: number of compared frames.
        functional: functional of the DFT.
    """

    reference: str
    model: str
    version: str
    element: str
    slope: float
    slope_low: float
    slope_high: float
    rmse_eV_A: float
    lattice_error_percent: float | None
    frames: int
    functional: str

    def to_json(self) -> dict[str, object]:
        """Return all fields by name."""
        return asdict(self)


def force_errors(
    frames: Sequence[Atoms], forces_eV_A: Sequence[np.ndarray], element: str = ALL, seed: int = 0
) -> ForceErrors:
    """Compare forces with those of DFT frames, b = Σ f·f_DFT / Σ f_DFT².

    Args:
        frames: frames labelled by DFT.
        forces_eV_A: (atoms, 3) forces of the reference for each frame.
        element: element of the compared forces; ``all`` for every atom.
        seed: seed of the bootstrap over frames.

    Raises:
        ValueError: no frame has the element, or DFT's forces on it are zero.
    """
    pairs = []
    for frame, forces in zip(frames, forces_eV_A, strict=True):
        chosen = np.ones(len(frame), bool) if element == ALL else np.array(frame.symbols) == element
        if chosen.any():
            pairs.append((frame.get_forces()[chosen], np.asarray(forces)[chosen]))
    # of each frame: Σ f·f_DFT, Σ f_DFT², Σ (f - f_DFT)², number of components
    rows = [[(dft * own).sum(), (dft * dft).sum(), ((own - dft) ** 2).sum(), dft.size] for dft, own in pairs]
    sums = np.array(rows).reshape(-1, 4)
    if sums[:, 1].sum() == 0.0:
        raise ValueError(f"no DFT force on {element}")
    drawn = np.random.default_rng(seed).integers(len(pairs), size=(RESAMPLES, len(pairs)))
    total, resampled = sums.sum(axis=0), sums[drawn].sum(axis=1)
    slopes = resampled[:, 0] / np.maximum(resampled[:, 1], 1e-300)
    return ForceErrors(
        slope=_with_limits(total[0] / total[1], slopes),
        rmse=_with_limits(np.sqrt(total[2] / total[3]), np.sqrt(resampled[:, 2] / resampled[:, 3])),
        rms_eV_A=float(np.sqrt(total[1] / total[3])),
        frames=len(pairs),
    )


def _with_limits(value: float, resampled: np.ndarray) -> Uncertain:
    low, high = np.percentile(resampled, [2.5, 97.5])
    return Uncertain(float(value), float(min(low, value)), float(max(high, value)))


def bias_rows(
    frames: Sequence[Atoms],
    forces_eV_A: Sequence[np.ndarray],
    reference: str,
    version: str,
    functional: str,
    model: str = "",
    lattice_error_percent: float | None = None,
) -> list[Bias]:
    """Return the rows of one reference: all atoms, then each element of the frames."""
    elements = sorted({symbol for frame in frames for symbol in frame.symbols})
    rows = []
    for element in (ALL, *elements):
        found = force_errors(frames, forces_eV_A, element)
        rows.append(
            Bias(
                reference,
                model,
                version,
                element,
                slope=round(found.slope.value, 4),
                slope_low=round(found.slope.low, 4),
                slope_high=round(found.slope.high, 4),
                rmse_eV_A=round(found.rmse_eV_A, 4),
                lattice_error_percent=lattice_error_percent,
                frames=found.frames,
                functional=functional,
            )
        )
    return rows


def read_dft_frames(path: Path) -> list[Atoms]:
    """Read frames with the forces of DFT.

    Raises:
        InputError: the file cannot be read, or a frame has no forces.
    """
    try:
        frames = list(iread(path, index=":"))
    except Exception as error:  # ASE raises many kinds of errors for malformed lines
        raise InputError(f"{path} cannot be read: {error}; give extended xyz") from None
    bare = [number for number, frame in enumerate(frames) if frame.calc is None or "forces" not in frame.calc.results]
    if bare or not frames:
        which = f"frame {bare[0]} of {path} has no forces" if bare else f"{path} has no frames"
        raise InputError(
            f"{which}; give frames labelled by DFT, with energy and forces", accepted="extended xyz with forces"
        )
    return frames


def measure_bias(
    labeller: Labeller, frames: Sequence[Atoms], functional: str, lattice_error_percent: float | None = None
) -> list[Bias]:
    """Label DFT frames with a reference and compare the forces.

    Args:
        labeller: an open labeller of the reference.
        frames: frames with the forces of DFT.
        functional: functional of the DFT, for the table.
        lattice_error_percent: lattice error of the reference, if measured.

    Raises:
        InputError: the reference labelled no frame.
    """
    labelled = labeller.label(frames)
    pairs = [(dft, own) for dft, own in zip(frames, labelled, strict=True) if own.info["status"] == "converged"]
    if not pairs:
        raise InputError(f"{labeller.source.source} labelled none of {len(frames)} frames: {failure(labelled[-1])}")
    identity = labeller.source.identity()
    return bias_rows(
        [dft for dft, _ in pairs],
        [own.get_forces() for _, own in pairs],
        labeller.source.source,
        identity["version"],
        functional,
        str(labeller.source.kwargs.get("model", "")),
        lattice_error_percent,
    )
