"""History of an adaptive campaign: cost and results of its molecular dynamics runs so far."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from argyro.campaigns.spec.material import Cell
from argyro.campaigns.workload.run_space import RunConditions, partner

CORE_S_PER_ATOM_PS = 1e-3  # default before the first timing: 2 fs steps at 2 µs per atom
BULK, PARALLEL = "bulk", "parallel"


@dataclass(frozen=True)
class BuiltCell:
    """Size of a built structure.

    Args:
        atoms: number of atoms.
        lithium: number of Li ions.
        thickness_nm: cell length per boundary; None for the bulk.
    """

    atoms: int
    lithium: int
    thickness_nm: float | None = None

    def boundary_share(self, width_nm: float) -> float:
        """Return the volume share of the boundaries, at most 1; 0 in the bulk."""
        return min(1.0, width_nm / self.thickness_nm) if self.thickness_nm else 0.0


@dataclass(frozen=True)
class RunHistory:
    """Decided runs with their cost and results.

    Args:
        decided: all decided runs.
        values: run -> targets with a diffusivity, for runs with values or bounds.
        core_s: run -> core seconds, for successful runs.
        cells: (cell, realisation) -> size, for built structures.
        equilibrate_ps: length of the equilibration before each production.
    """

    decided: Sequence[RunConditions]
    values: Mapping[RunConditions, Collection[str]]
    core_s: Mapping[RunConditions, float]
    cells: Mapping[tuple[Cell, int], BuiltCell]
    equilibrate_ps: float

    @property
    def core_hours(self) -> float:
        """Core-hours of successful runs."""
        return sum(self.core_s.values()) / 3600

    def expected_core_hours(self, run: RunConditions) -> float:
        """Estimate the cost of a run from the median speed so far, extensions of the potential included."""
        made = [other for other in self.decided if other in self.core_s]
        speeds = [self.core_s[other] / self._atom_ps(other) for other in made]
        return (median(speeds) if speeds else CORE_S_PER_ATOM_PS) * self._atom_ps(run) / 3600

    def _atom_ps(self, run: RunConditions) -> float:
        return self.cells[run.cell, run.realisation].atoms * (self.equilibrate_ps + run.length_ps)

    @property
    def without_result(self) -> list[RunConditions]:
        """List runs that failed or have a failed bulk run."""
        return [run for run in self.decided if run not in self.values]

    def reliability(self, run: RunConditions) -> float:
        """Estimate the share of the cell's runs with a value or bound, with one prior success."""
        same = [other for other in self.decided if other.cell == run.cell]
        gave = sum(other in self.values for other in same)
        return (1 + gave) / (1 + len(same))

    def has_value(self, run: RunConditions, target: str = BULK) -> bool:
        """Check whether the run gave a diffusivity, not only a bound."""
        return target in self.values.get(run, ())

    def longest_ps(self, run: RunConditions) -> float:
        """Return the length of the longest finished run of the same arrangement and temperature; 0 for none."""
        same = (run.cell, run.temperature_K, run.realisation)
        lengths = [made.length_ps for made in self.values if (made.cell, made.temperature_K, made.realisation) == same]
        return max(lengths, default=0.0)

    def bulk_for(self, run: RunConditions) -> RunConditions | None:
        """Find the finished bulk run beside a boundary run; prefer a value to a bound."""
        made = [bulk for bulk in self.decided if bulk in self.values]
        return partner(run, [bulk for bulk in made if self.has_value(bulk)]) or partner(run, made)

    def values_of(self, cell: Cell) -> int:
        """Count the runs of a cell with a diffusivity."""
        target = BULK if cell.boundary.is_bulk else PARALLEL
        return sum(self.has_value(run, target) for run in self.decided if run.cell == cell)
