"""What the molecular dynamics runs of an adaptive campaign have cost and given so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from argyro.campaigns.workload.atom_counts import BULK
from argyro.campaigns.workload.run_space import PossibleRun, partner

CORE_S_PER_ATOM_PS = 1e-3  # before any run was timed: 2 fs steps at 2 µs an atom


@dataclass(frozen=True)
class Experience:
    """The runs that were decided on, and what came of them.

    Args:
        decided: all of them.
        results: case -> result of its diffusivity item, of those that gave one.
        core_s: case -> core seconds of its run, of those that ended well.
        atoms: structure item -> number of atoms.
        equilibrate_ps: before each production.
    """

    decided: Sequence[PossibleRun]
    results: Mapping[str, dict]
    core_s: Mapping[str, float]
    atoms: Mapping[str, int]
    equilibrate_ps: float

    @property
    def core_hours(self) -> float:
        """Spent on runs that ended well."""
        return sum(self.core_s.values()) / 3600

    def expected_core_hours(self, run: PossibleRun) -> float:
        """Of a run not made yet, from the median speed of those made: some had their potential extended on the way."""
        made = [other for other in self.decided if other.case in self.core_s]
        speeds = [self.core_s[other.case] / self._atom_ps(other) for other in made]
        return (median(speeds) if speeds else CORE_S_PER_ATOM_PS) * self._atom_ps(run) / 3600

    def _atom_ps(self, run: PossibleRun) -> float:
        return self.atoms[run.structure] * (self.equilibrate_ps + run.length_ps)

    @property
    def without_result(self) -> list[str]:
        """Cases that failed, or whose bulk run did."""
        return [run.case for run in self.decided if run.case not in self.results]

    def reliability(self, run: PossibleRun) -> float:
        """Share of the cell's runs that gave something, with one success counted in advance."""
        same = [other for other in self.decided if other.cell.label == run.cell.label]
        gave = sum(other.case in self.results for other in same)
        return (1 + gave) / (1 + len(same))

    def has_value(self, case: str, target: str = BULK) -> bool:
        """Whether the run gave a diffusivity, not only a bound."""
        found = self.results.get(case, {}).get("observations", [])
        return any(entry["target"] == target and entry["diffusivity_cm2_s"] for entry in found)

    def bulk_for(self, run: PossibleRun) -> PossibleRun | None:
        """The bulk run at hand that a boundary run would be inverted with, one with a value before one with a bound."""
        at_hand = [bulk for bulk in self.decided if bulk.case in self.results]
        return partner(run, [bulk for bulk in at_hand if self.has_value(bulk.case)]) or partner(run, at_hand)

    def values_of(self, composition: str, disorder: float, boundary: str) -> int:
        """How many runs of a cell gave a diffusivity."""
        target = BULK if boundary == BULK else "parallel"
        mine = [
            run
            for run in self.decided
            if (run.composition, run.disorder, run.boundary) == (composition, disorder, boundary)
        ]
        return sum(self.has_value(run.case, target) for run in mine)
