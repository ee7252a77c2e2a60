"""Arrays of simulated runs: which diffusivities each run observes, and how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property

import numpy as np

from argyro.surrogates.data.boundary_excess import BoundaryExcess
from argyro.surrogates.data.descriptors import identity_of
from argyro.surrogates.data.observation import Observation
from argyro.surrogates.forward.kernels import Rows, distinct, labels_of, rows_of


@dataclass(frozen=True)
class Runs:
    """n runs and the u diffusivities they observe; a run in two directions counts twice.

    Args:
        rows: distinct diffusivities, u.
        own: index of the observed diffusivity, (n,).
        grain: index of the bulk of the same material, (n,); equal to ``own`` for a bulk cell.
        arrangements: index of the simulated arrangement of atoms, (n,).
        temperatures_K: of the run, (n,).
        log_values: ln of the fitted slope in cm²/s, (n,); NaN for a run that shows no diffusion.
        log_sigmas: standard deviation of log_values, (n,).
        reaches: 7 Å over the root-mean-square displacement, (n,); scales the run-length bias.
        falls: further scale of the bias from the fall of the slope, (n,).
        counts: jumps seen in a run without a value, (n,).
        exposures: expected jumps per D in cm²/s, (n,).
        fractions: volume share of the boundary in the cell, (n,); 0 in the bulk.
        log_scales: ln(T / L²) in s/cm², of the run's length T and the cell length L per boundary, (n,).
        size_evidence: log likelihood of each of `run_length_bias.SIZES` by the run's own parts, (n, sizes).
        windows: slopes in several windows of a run across a boundary, (n,); None where only the fit window is known.
    """

    rows: Rows
    own: np.ndarray
    grain: np.ndarray
    arrangements: np.ndarray
    temperatures_K: np.ndarray
    log_values: np.ndarray
    log_sigmas: np.ndarray
    reaches: np.ndarray
    falls: np.ndarray
    counts: np.ndarray
    exposures: np.ndarray
    fractions: np.ndarray
    log_scales: np.ndarray
    size_evidence: np.ndarray
    windows: np.ndarray

    def __len__(self) -> int:
        return len(self.own)

    @property
    def bounded(self) -> np.ndarray:
        """Whether a run shows no diffusion and only bounds D, (n,)."""
        return np.isnan(self.log_values)

    @property
    def targets(self) -> np.ndarray:
        """Index of the direction in TARGETS, (n,)."""
        return self.rows.targets[self.own]

    @cached_property
    def windowed(self) -> np.ndarray:
        """Whether a run across a boundary shows slopes in several windows, (n,)."""
        return np.array([window is not None for window in self.windows], dtype=bool)

    @cached_property
    def window_arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Values (w, 3), covariance (w, 3, 3) and reaches (w, 3) of the w runs with several windows."""
        known = self.windows[self.windowed]
        return tuple(np.array([getattr(one, name) for one in known]) for name in WINDOW_ARRAYS)  # type: ignore[return-value]

    def take(self, index: np.ndarray) -> Runs:
        """Select the runs of an index or a mask; all diffusivities stay."""
        arrays = {field.name: getattr(self, field.name)[index] for field in fields(self) if field.name != "rows"}
        return replace(self, **arrays)


def runs_of(observations: Sequence[Observation], excess: BoundaryExcess) -> Runs:
    """Arrange observations as arrays."""
    identities = [identity_of(observation.structure) for observation in observations]
    own = Rows.join([rows_of(i, [o.target], excess) for i, o in zip(identities, observations, strict=True)])
    grain = Rows.join([rows_of(identity, ["bulk"], excess) for identity in identities])
    rows, group = distinct(Rows.join([own, grain]))
    marks = [f"{identity.key}#{o.realisation}" for identity, o in zip(identities, observations, strict=True)]
    columns = [np.array([getattr(o, name) for o in observations], dtype=float) for name in NUMBERS]
    arrangements = np.unique(marks, return_inverse=True)[1]
    columns.append(_objects([o.windows for o in observations]))
    return Runs(rows, group[: len(own)], group[len(own) :], arrangements, *columns)


def _objects(values: Sequence) -> np.ndarray:
    """Make an array (n,) of objects."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


WINDOW_ARRAYS = ("log_cm2_s", "covariance", "reaches")
NUMBERS = (
    "temperature_K",
    "log_value",
    "log_sigma",
    "reach",
    "fall",
    "jumps",
    "jumps_per_cm2_s",
    "boundary_share",
    "log_scale",
    "size_evidence",
)


def labels(runs: Runs) -> list[str]:
    """Label the observed diffusivity of each run by key and target."""
    names = labels_of(runs.rows)
    return [names[index] for index in runs.own]
