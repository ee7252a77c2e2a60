"""The molecular dynamics runs that a campaign could make, and which of them to begin with."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import product

import numpy as np

from argyro.campaigns.spec.schema import Campaign, Material
from argyro.campaigns.workload.atom_counts import BULK


@dataclass(frozen=True)
class Cell:
    """A simulated cell: a material in bulk or with a boundary."""

    material: Material
    boundary: str

    @property
    def label(self) -> str:
        """For people: ``Li6PS5Cl 50 %/bulk``."""
        return f"{self.material.label}/{self.boundary}"

    def structure(self, number: int) -> str:
        """Name of the structure item of one arrangement."""
        return f"structure/{self.label}/{number}"

    @property
    def facts(self) -> dict[str, object]:
        """What it is sorted by."""
        return {
            "composition": self.material.composition,
            "disorder": self.material.disorder,
            "boundary": self.boundary,
            "material": self.material.label,
        }


@dataclass(frozen=True)
class PossibleRun:
    """A run that could be made.

    Args:
        case: unique and readable, ``Li6PS5Cl 50 %/bulk/600 K/0``.
        composition: of the material.
        disorder: of the material.
        boundary: ``bulk`` or a name.
        temperature_K: of the run.
        length_ps: of production.
        realisation: number of the arrangement.
        structure: name of the structure item.
    """

    case: str
    composition: str
    disorder: float
    boundary: str
    temperature_K: float
    length_ps: float
    realisation: int
    structure: str

    @property
    def cell(self) -> Cell:
        """What is simulated."""
        return Cell(Material(composition=self.composition, disorder=self.disorder), self.boundary)

    @property
    def place(self) -> tuple:
        """All but the boundary."""
        return self.composition, self.disorder, self.temperature_K, self.length_ps, self.realisation

    def to_json(self) -> dict[str, object]:
        """As a work item's inputs hold it."""
        return asdict(self)

    def bulk_rank(self, bulk: PossibleRun) -> tuple | None:
        """How well a bulk run serves to invert this boundary run, lower is better; None if not at all.

        It must be of the same material at the same temperature; best is the same arrangement, then the longest run.
        """
        same = (bulk.composition, bulk.disorder, bulk.temperature_K) == (
            self.composition,
            self.disorder,
            self.temperature_K,
        )
        if bulk.boundary != BULK or not same:
            return None
        return (bulk.realisation != self.realisation, -bulk.length_ps, bulk.case)


@dataclass(frozen=True)
class Decided:
    """How far an adaptive campaign has decided.

    Args:
        runs: case of each run, with that of the bulk run a boundary run is inverted with.
        round: number of the next decision.
        final: nothing more is to be decided.
    """

    runs: tuple[tuple[str, str | None], ...] = ()
    round: int = 0
    final: bool = False


def cells_of(campaign: Campaign) -> Iterator[Cell]:
    """Every material in bulk and with each boundary."""
    for material, boundary in product(campaign.materials, (BULK, *campaign.boundaries)):
        yield Cell(material, boundary)


def possible_run(campaign: Campaign, cell: Cell, temperature_K: float, number: int, length_ps: float) -> PossibleRun:
    """One run; its name tells the length where that is not the campaign's usual one."""
    case = f"{cell.label}/{temperature_K:g} K/{number}"
    if length_ps != campaign.md.production_ps:
        case += f"/{length_ps:g} ps"
    material = cell.material
    words = (material.composition, material.disorder, cell.boundary)
    return PossibleRun(case, *words, temperature_K, length_ps, number, cell.structure(number))


def run_space(campaign: Campaign) -> list[PossibleRun]:
    """All runs: short before long, hot before cold, bulk before boundaries."""
    asked = campaign.acquisition
    lengths_ps = asked.lengths_ps if asked and asked.lengths_ps else [campaign.md.production_ps]
    kelvin = sorted(campaign.temperatures_K, reverse=True)
    numbers = range(campaign.md.realisations)
    cells = sorted(cells_of(campaign), key=lambda cell: cell.boundary != BULK)
    return [
        possible_run(campaign, cell, temperature, number, length)
        for number, length, temperature, cell in product(numbers, sorted(lengths_ps), kelvin, cells)
    ]


def partner(run: PossibleRun, among: Collection[PossibleRun]) -> PossibleRun | None:
    """The bulk run that a boundary's diffusivity is inverted with; None if there is none."""
    ranked = [(rank, bulk) for bulk in among if (rank := run.bulk_rank(bulk)) is not None]
    return min(ranked, key=lambda pair: pair[0])[1] if ranked else None


def space_filling(space: Sequence[PossibleRun], count: int, begun: Collection[PossibleRun] = ()) -> list[PossibleRun]:
    """Runs spread over materials, boundaries and temperatures, each boundary run with its bulk run before it.

    Greedy: the next run is the farthest from all chosen ones. Cells count before temperatures: a cell not yet
    simulated begins at the hottest temperature, where a diffusivity is surest to come out.

    Args:
        space: possible runs, the hottest first.
        count: how many to choose, bulk runs that come along included.
        begun: runs that belong to the choice in any case, and count.

    Source: Kennard, Stone, Technometrics 11, 137 (1969).
    """
    cells, cold = _places(space)
    nearest = np.full(len(space), np.inf)
    fresh = [run for run in begun if run.boundary == BULK or partner(run, begun)]
    chosen: list[PossibleRun] = []
    while fresh := fresh or _farthest(space, nearest, chosen, count - len(chosen)):
        for run in fresh:
            here = space.index(run)
            apart = np.linalg.norm(cells - cells[here], axis=1)
            nearest = np.minimum(nearest, np.where(apart > 0, apart, abs(cold - cold[here])))
        chosen += fresh
        fresh = []
    return chosen


def _farthest(
    space: Sequence[PossibleRun], nearest: np.ndarray, chosen: list[PossibleRun], room: int
) -> list[PossibleRun]:
    """The run farthest from the chosen ones that fits, with what it needs; of equally far ones the first."""
    taken = {run.case for run in chosen}
    for place in np.argsort(-nearest.round(9), kind="stable"):
        run = space[place]
        together = [] if run.case in taken else _together(run, chosen, space)
        if together and len(together) <= room:
            return together
    return []


def _together(run: PossibleRun, chosen: list[PossibleRun], space: Sequence[PossibleRun]) -> list[PossibleRun]:
    """The run, after the bulk run that it needs and that is not chosen yet; empty if there is none."""
    if run.boundary == BULK or partner(run, chosen):
        return [run]
    bulk = partner(run, [other for other in space if other.length_ps == run.length_ps])
    return [bulk, run] if bulk else []


def _places(space: Sequence[PossibleRun]) -> tuple[np.ndarray, np.ndarray]:
    """Descriptors of each run's cell, (n, d), and 1/T between 0 and 1, (n,)."""
    from argyro.surrogates.data.descriptors import Identity, descriptors_of

    inverse = np.array([1 / run.temperature_K for run in space])
    cells = [descriptors_of(Identity.of(run.composition, run.disorder, run.boundary)) for run in space]
    return np.array(cells), (inverse - inverse.min()) / (np.ptp(inverse) or 1.0)
