"""Report tables of diffusion: one row per diffusivity, Arrhenius law, run or boundary."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from argyro.campaigns.pipeline.graph import Finished
from argyro.campaigns.pipeline.stages.diffusivity import DIFFUSIVITY
from argyro.campaigns.pipeline.stages.surrogate import SURROGATE
from argyro.campaigns.pipeline.stages.transport import (
    TRANSPORT,
    WHOLE_CELL,
    MeanExcess,
    ProfileSummary,
    TransportResult,
)
from argyro.campaigns.plots.series import Law, TransportPoint
from argyro.campaigns.spec.material import Cell
from argyro.campaigns.workload.run_space import RunConditions
from argyro.platform.common.conductivity import conductivity_S_cm, with_haven_ratio
from argyro.platform.common.estimate import Uncertain
from argyro.platform.common.units import S_CM_IN_MS_CM
from argyro.platform.dynamics.diffusion.tracer import Diffusivity

WORDS = {
    "bulk": "bulk",
    "parallel": "boundary ∥",
    "perpendicular": "boundary ⊥",
    "cell_parallel": "whole cell ∥",
    "cell_perpendicular": "whole cell ⊥",
}


@dataclass(frozen=True)
class DiffusivityRow:
    """Diffusivity from all runs.

    Args:
        cell: cell of the runs.
        point: value or bound.
        reason: reason for a missing value.
        predicted: prediction by the surrogate, in cm²/s.
    """

    cell: Cell
    point: TransportPoint
    reason: str = ""
    predicted: Uncertain | None = None

    @property
    def direction(self) -> str:
        """Direction for people."""
        return WORDS[self.point.target]


@dataclass(frozen=True)
class LawRow:
    """Arrhenius law and its conductivity at the screening temperature."""

    cell: Cell
    target: str
    law: Law
    conductivity_mS_cm: Uncertain

    @property
    def direction(self) -> str:
        """Direction for people."""
        return WORDS[self.target]


@dataclass(frozen=True)
class RunRow:
    """Run in one direction of the whole cell."""

    conditions: RunConditions
    direction: str
    measured: Diffusivity
    advice: str


@dataclass(frozen=True)
class BoundaryRow:
    """Boundary with its profile and excess."""

    cell: Cell
    profile: ProfileSummary
    excess: MeanExcess | None


def diffusivity_rows(done: Finished) -> list[DiffusivityRow]:
    """List each diffusivity from all runs, or the reason for its absence, and the surrogate's prediction."""
    trained = done.only(SURROGATE)
    predicted = {(p.cell, p.target, p.temperature_K): p.predicted_cm2_s for p in (trained.parity if trained else ())}
    transport = [(inputs.cell, result) for _, inputs, result in done.of(TRANSPORT)]
    rows = []
    for cell, result in transport:
        for row in _with_reasons(cell, result.points):
            found = predicted.get((cell, row.point.target, row.point.temperature_K))
            rows.append(replace(row, predicted=found))
    return rows


def _with_reasons(cell: Cell, points: Collection[TransportPoint]) -> list[DiffusivityRow]:
    """Sort points by direction and temperature; add rows for cell values without a boundary value.

    Args:
        cell: cell of all points.
        points: points of one cell.
    """
    found = {(point.target, point.temperature_K): DiffusivityRow(cell, point) for point in points}
    for target, whole in WHOLE_CELL.items():
        for point in (point for point in points if point.target == whole):
            place, value = (target, point.temperature_K), point.combined.estimate
            if place in found and found[place].point.combined.estimate:
                continue
            reason = "" if value else "the cell has only an upper bound"
            nothing = replace(point.combined, estimate=None, upper_bound_cm2_s=None, spread=None)
            empty = TransportPoint(target=target, combined=nothing)
            found[place] = DiffusivityRow(cell, found[place].point if place in found else empty, reason)
    order = list(WORDS)
    return [found[key] for key in sorted(found, key=lambda key: (order.index(key[0]), key[1]))]


def law_rows(done: Finished) -> list[LawRow]:
    """List each Arrhenius law."""
    return list(_laws(done))


def _laws(done: Finished) -> Iterator[LawRow]:
    for _, inputs, result in done.of(TRANSPORT):
        for target, law in result.laws.items():
            if law:
                yield LawRow(inputs.cell, target, law, _conductivity(result, law))


def _conductivity(result: TransportResult, law: Law) -> Uncertain:
    """Compute the Nernst-Einstein conductivity with the prior of the Haven ratio, as everywhere in the report."""
    sigma = conductivity_S_cm(law.screening_cm2_s, result.ions_per_A3, law.screening_temperature_K)
    return with_haven_ratio(sigma.scaled(S_CM_IN_MS_CM))


def run_rows(done: Finished) -> list[RunRow]:
    """List each run in each direction with the diagnostics of its mean-square displacement and its recommended
    length.
    """
    return [
        RunRow(inputs.conditions, WORDS[WHOLE_CELL.get(target, target)], measured, result.advice[target])
        for _, inputs, result in done.of(DIFFUSIVITY)
        for target, measured in result.measured.items()
    ]


def boundary_rows(done: Finished) -> list[BoundaryRow]:
    """List each boundary with a profile."""
    return [
        BoundaryRow(inputs.cell, result.profile, result.excess)
        for _, inputs, result in done.of(TRANSPORT)
        if result.profile
    ]
