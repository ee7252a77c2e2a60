"""List the molecular dynamics runs that a campaign could make, and select those of its first batch."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from argyro.campaigns.spec.material import BULK, BoundaryType, Cell, Material
from argyro.campaigns.spec.schema import Campaign

if TYPE_CHECKING:
    from argyro.surrogates.data.descriptors import Identity


@dataclass(frozen=True, order=True)
class RunConditions:
    """Conditions of one molecular dynamics run.

    Args:
        cell: simulated.
        temperature_K: of the run.
        realisation: number of the arrangement of anions and Li.
        length_ps: of production.
    """

    cell: Cell
    temperature_K: float
    realisation: int
    length_ps: float

    def label(self, usual_ps: float) -> str:
        """Label for people: ``Li6PS5Cl 50 %/bulk/600 K/0``, with the length if it is not the usual one."""
        label = f"{self.cell.label}/{self.temperature_K:g} K/{self.realisation}"
        return label if self.length_ps == usual_ps else f"{label}/{self.length_ps:g} ps"

    @property
    def is_bulk(self) -> bool:
        """Whether the cell has no boundary."""
        return self.cell.boundary.is_bulk

    def bulk_rank(self, bulk: RunConditions) -> tuple | None:
        """Rank a bulk run by how well it serves beside this boundary run; lower is better, None is not at all.

        It must be of the same material at the same temperature; best is the same arrangement, then the longest run.
        """
        if bulk.cell != self.cell.bulk or bulk.temperature_K != self.temperature_K:
            return None
        return (bulk.realisation != self.realisation, -bulk.length_ps, bulk)


@dataclass(frozen=True)
class DecidedRun:
    """A run that an adaptive campaign has decided on, with the bulk run beside a boundary run."""

    conditions: RunConditions
    bulk: RunConditions | None = None


@dataclass(frozen=True)
class ChosenRun(DecidedRun):
    """A run that a round of an adaptive campaign has chosen, with the reason.

    Args:
        core_hours: expected.
        needed_by: boundary run for which a bulk run is made.
        gain_per_core_hour: expected decrease of the number of wrong pairs.
        value_probability: that the run gives a diffusivity.
        action: what the run adds, see `action_of`; empty in results of earlier versions.
    """

    core_hours: float = 0.0
    needed_by: RunConditions | None = None
    gain_per_core_hour: float | None = None
    value_probability: float | None = None
    action: str = ""


def action_of(run: RunConditions, before: Collection[RunConditions]) -> str:
    """Name what a run adds to those decided before it."""
    same_cell = [other for other in before if other.cell == run.cell]
    here = [other for other in same_cell if other.temperature_K == run.temperature_K]
    if any(other.realisation == run.realisation for other in here):
        return "lengthen this run"
    if here:
        return "new realisation"
    if same_cell:
        return "new temperature"
    return "new boundary" if any(other.cell.bulk == run.cell.bulk for other in before) else "new material"


@dataclass(frozen=True)
class Decided:
    """State of the decisions of an adaptive campaign.

    Args:
        runs: decided on so far.
        round: number of the next decision.
        final: there is no further decision.
    """

    runs: tuple[DecidedRun, ...] = ()
    round: int = 0
    final: bool = False


def cells_of(campaign: Campaign) -> Iterator[Cell]:
    """List every simulated cell: each material in bulk, and with the boundaries that are simulated in it."""
    return _cells(campaign, campaign.screened)


def candidates_of(campaign: Campaign) -> list[Cell]:
    """List what is ranked: every material with each boundary, simulated or predicted; without boundaries the bulk."""
    return [
        Cell(material, BoundaryType(name)) for material in campaign.screened for name in campaign.boundaries or [BULK]
    ]


def asked_cells(campaign: Campaign) -> Iterator[Cell]:
    """List the cells of all materials, also of those whose disorder is not known yet."""
    return _cells(campaign, campaign.materials)


def _cells(campaign: Campaign, materials: Sequence[Material]) -> Iterator[Cell]:
    for material in materials:
        for boundary in (BULK, *campaign.boundaries_of(material)):
            yield Cell(material, BoundaryType(boundary))


def run_space(campaign: Campaign) -> list[RunConditions]:
    """List all runs: short before long, hot before cold, bulk before boundaries."""
    asked = campaign.acquisition
    lengths_ps = asked.lengths_ps if asked and asked.lengths_ps else [campaign.md.production_ps]
    kelvin = sorted(campaign.temperatures_K, reverse=True)
    numbers = range(campaign.md.realisations)
    cells = sorted(cells_of(campaign), key=lambda cell: not cell.boundary.is_bulk)
    return [
        RunConditions(cell, temperature, number, length)
        for number, length, temperature, cell in product(numbers, sorted(lengths_ps), kelvin, cells)
    ]


def partner(run: RunConditions, among: Collection[RunConditions]) -> RunConditions | None:
    """Find the bulk run beside a boundary run; None if there is none."""
    ranked = [(rank, bulk) for bulk in among if (rank := run.bulk_rank(bulk)) is not None]
    return min(ranked, key=lambda pair: pair[0])[1] if ranked else None


BULK_SHARE = 0.75  # of the first runs
COLD_RISK = 0.75  # by which the distance of the coldest run counts less than that of the hottest
ARRANGEMENT = 0.1  # distance of another arrangement of anions and Li, in units of the range of 1/T


def space_filling(
    space: Sequence[RunConditions], count: int, begun: Collection[RunConditions] = ()
) -> list[RunConditions]:
    """Select runs spread over materials, boundaries and temperatures, each boundary run after its bulk run.

    Greedy: the next run is the farthest from all chosen ones. The first three quarters of the runs are bulk, without
    which boundaries say nothing. Cells count before temperatures: a new cell begins at the hottest temperature, where a
    diffusivity is most likely to be measurable, and cold runs, which may give bounds only, count less. Another
    arrangement of a cell comes after its temperatures unless these lie close.

    Args:
        space: possible runs, the hottest first.
        count: number of runs, with the bulk runs that others need.
        begun: runs that are selected in any case, and count.

    Source: Kennard, Stone, Technometrics 11, 137 (1969).
    """
    cells, cold = _places(space)
    arrangement = np.array([run.realisation for run in space])
    nearest = np.full(len(space), np.inf)
    fresh = [run for run in begun if run.is_bulk or partner(run, begun)]
    worth = 1 - COLD_RISK * cold
    chosen: list[RunConditions] = []
    for limit, bulk_only in ((round(BULK_SHARE * count), True), (count, False)):
        while fresh := fresh or _farthest(space, nearest * worth, chosen, limit, bulk_only):
            for run in fresh:
                here = space.index(run)
                apart = np.linalg.norm(cells - cells[here], axis=1)
                other = ARRANGEMENT * (arrangement != arrangement[here])
                nearest = np.minimum(nearest, np.where(apart > 0, apart, np.hypot(cold - cold[here], other)))
            chosen += fresh
            fresh = []
    return chosen


def _farthest(
    space: Sequence[RunConditions], distances: np.ndarray, chosen: list[RunConditions], limit: int, bulk_only: bool
) -> list[RunConditions]:
    """Select the first of the runs farthest from the chosen ones that fits, with the bulk run that it needs."""
    taken = set(chosen)
    room = limit - sum(run.is_bulk or not bulk_only for run in chosen)
    for place in np.argsort(-distances.round(9), kind="stable"):
        run = space[place]
        together = [] if run in taken or (bulk_only and not run.is_bulk) else _together(run, chosen, space)
        if together and len(together) <= room:
            return together
    return []


def _together(run: RunConditions, chosen: list[RunConditions], space: Sequence[RunConditions]) -> list[RunConditions]:
    """Return the run after the bulk run that it still needs; empty if there is no such bulk run."""
    if run.is_bulk or partner(run, chosen):
        return [run]
    bulk = partner(run, [other for other in space if other.length_ps == run.length_ps])
    return [bulk, run] if bulk else []


def _places(space: Sequence[RunConditions]) -> tuple[np.ndarray, np.ndarray]:
    """Compute descriptors of each run's cell, (n, d), and 1/T between 0 and 1, (n,)."""
    from argyro.surrogates.data.descriptors import descriptors_of

    inverse = np.array([1 / run.temperature_K for run in space])
    cells = [descriptors_of(identity(run.cell)) for run in space]
    return np.array(cells), (inverse - inverse.min()) / (np.ptp(inverse) or 1.0)


def identity(cell: Cell) -> Identity:
    """Name a cell as the surrogate does."""
    from argyro.surrogates.data.descriptors import Identity

    return Identity.of(cell.material.composition, cell.material.share, cell.boundary)
