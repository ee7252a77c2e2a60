"""Predict the site disorder of a material from the free energies of its arrangements and the mixing entropy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from math import prod

from argyro.campaigns.pipeline.draft import Draft
from argyro.campaigns.pipeline.notes import Note
from argyro.campaigns.pipeline.stages.enthalpy import ENTHALPY, EnthalpyInputs, EnthalpyResult, add_enthalpies
from argyro.campaigns.pipeline.stages.swaps import SWAPS, add_swaps
from argyro.campaigns.spec.material import Material
from argyro.campaigns.workload.atom_counts import UNITS_PER_CELL
from argyro.platform.common.errors import ArgyroError
from argyro.platform.common.estimate import Uncertain
from argyro.platform.execution.stage import Contract, Parent, Stage, StageContext, StageResult, Tracked

# Standard deviation of the energy of wholly displaced anions, per formula unit, from reference and fit: a potential
# learned from DIEP differs from it by 10 meV, and the free energy of Li6PS5Br from the refined disorder by some 30 meV.
REFERENCE_ERROR_EV = 0.03
ESTIMATED = "disorder-estimated"  # code of the note


class DisorderInputs(Contract):
    """Decide a prediction.

    Args:
        composition: of the material.
        synthesis_temperature_K: of the enthalpies.
        quench_temperature_K: at which the anions freeze.
        seed: of the draws of the interval.
    """

    composition: str
    synthesis_temperature_K: float
    quench_temperature_K: float
    seed: int


class EnthalpyRow(Contract):
    """Show one enthalpy above the lowest, and one free energy above the ordered arrangement, per formula unit."""

    disorder: float
    enthalpy_meV: float
    error_meV: float
    free_energy_meV: float | None = None
    free_energy_error_meV: float | None = None
    lattice_A: float
    member: int


class DisorderResult(StageResult):
    """Hold the disorder in equilibrium, given the reference; see `argyro.campaigns.pipeline.used_disorders`.

    Args:
        disorder: fraction of the largest swap at the temperature at which the anions freeze.
        at_synthesis: the same at the synthesis temperature.
        displaced: share of each halide off 4a and of Se off 16e.
        shares: site -> species -> share of the site.
        enthalpies: of the cells that count.
        of_cell: disorder of a cell as large as that of the hybrid Monte Carlo, from the free energies.
        sampled: by hybrid Monte Carlo, from each start.
        notes: warnings.
    """

    disorder: Uncertain
    at_synthesis: Uncertain
    displaced: dict[str, Uncertain]
    shares: dict[str, dict[str, float]]
    enthalpies: tuple[EnthalpyRow, ...] = ()
    of_cell: Uncertain | None = None
    sampled: tuple[Uncertain, ...] = ()
    notes: tuple[Note, ...] = ()

    def tracked(self) -> Tracked:
        """Select the disorder with its interval, given the reference."""
        numbers = {f"given_reference_disorder_{limit}": value for limit, value in self.disorder.to_json().items()}
        numbers |= {f"given_reference_displaced_{name}": share.value for name, share in self.displaced.items()}
        return Tracked({name: value for name, value in numbers.items() if isinstance(value, float)})

    @property
    def is_computed(self) -> bool:
        """Whether runs gave the disorder; otherwise it is an estimate from published values."""
        return all(note.code != ESTIMATED for note in self.notes)

    def material(self, composition: str) -> Material:
        """Return the material with this disorder."""
        shares = {name: share.value for name, share in self.displaced.items()} if len(self.displaced) > 1 else None
        return Material(composition=composition).with_disorder(self.disorder.value, shares)


def run(context: StageContext[DisorderInputs, None]) -> DisorderResult:
    """Minimise the free energy; estimate the disorder from published values where too few runs count."""
    from argyro.platform.dynamics.disorder.anion_sites import AnionSites
    from argyro.platform.dynamics.disorder.equilibrium import EnthalpyPoint, equilibrium
    from argyro.platform.structures.crystal.composition import Composition

    inputs, parents = context.inputs, context.parents("enthalpies", ENTHALPY)
    sites, notes = AnionSites(Composition.parse(inputs.composition)), _notes(parents)
    points = [
        EnthalpyPoint(_array(parent.result.state), value, parent.inputs.member, parent.result.free_energy_eV)
        for parent in parents
        if (value := parent.result.enthalpy_eV) is not None
    ]
    at = partial(
        equilibrium,
        sites,
        points,
        seed=inputs.seed,
        run_temperature_K=inputs.synthesis_temperature_K,
        reference_error_eV=REFERENCE_ERROR_EV,
    )
    try:
        frozen, hot = at(inputs.quench_temperature_K), at(inputs.synthesis_temperature_K)
    except ArgyroError as error:
        return estimated(inputs.composition, (*notes, Note(code=ESTIMATED, detail=str(error))))
    notes += tuple(Note(code="enthalpy-left-out", detail=words) for words in frozen.left_out)
    if not frozen.with_entropy:
        notes += (Note(code="disorder-without-entropy"),)
    swaps = context.parents("swaps", SWAPS)
    sampled = tuple(found for parent in swaps if (found := parent.result.disorder))
    of_cell = frozen.of_cell(UNITS_PER_CELL * prod(swaps[0].inputs.supercell)) if sampled else None
    notes += tuple(Note(code="disorder-methods-differ", detail=words) for words in _differences(of_cell, sampled))
    notes += tuple(_unlike_published(inputs.composition, frozen.disorder))
    return DisorderResult(
        disorder=frozen.disorder,
        at_synthesis=hot.disorder,
        displaced=frozen.displaced,
        shares=frozen.shares,
        enthalpies=_rows(sites, parents),
        of_cell=of_cell,
        sampled=sampled,
        notes=notes,
    )


def _differences(of_cell: Uncertain | None, sampled: Sequence[Uncertain]) -> Iterator[str]:
    """Describe each sampled disorder whose interval does not meet that of the free energies."""
    for found in sampled:
        if of_cell and (found.low > of_cell.high or found.high < of_cell.low):
            yield f"{_percent(of_cell)} from free energies, {_percent(found)} from hybrid Monte Carlo"


def _unlike_published(composition: str, found: Uncertain) -> Iterator[Note]:
    """Name each refined disorder outside the interval."""
    from argyro.surrogates.data.published import published_for

    for row in published_for(composition):
        if row.disorder is not None and not found.low <= row.disorder <= found.high:
            words = f"{_percent(found)} predicted, {100 * row.disorder:.0f} % refined, doi {row.doi}"
            yield Note(code="disorder-unlike-published", detail=words)


def _percent(found: Uncertain) -> str:
    return f"{100 * found.value:.0f} % ({100 * found.low:.0f} to {100 * found.high:.0f})"


def estimated(composition: str, notes: Sequence[Note] = ()) -> DisorderResult:
    """Return the estimate from published values, for a material without enough runs."""
    from argyro.platform.dynamics.disorder.anion_sites import AnionSites
    from argyro.platform.structures.crystal.composition import Composition
    from argyro.surrogates.data.disorder_estimate import estimated_disorder

    found = estimated_disorder(composition)
    sites = AnionSites(Composition.parse(composition))
    state = sites.state(found.value)
    displaced = {name: Uncertain(share, 0.0, 1.0) for name, share in sites.displaced(state).items()}
    return DisorderResult(
        disorder=found, at_synthesis=found, displaced=displaced, shares=sites.shares(state), notes=tuple(notes)
    )


def _notes(parents: Sequence[Parent[EnthalpyInputs, EnthalpyResult]]) -> tuple[Note, ...]:
    return tuple(note for parent in parents for note in parent.result.notes)


def _rows(sites, parents: Sequence[Parent[EnthalpyInputs, EnthalpyResult]]) -> tuple[EnthalpyRow, ...]:  # type: ignore[no-untyped-def]
    """Tabulate the enthalpies above the lowest."""
    given = [parent for parent in parents if parent.result.enthalpy_eV is not None]
    lowest = min((parent.result.enthalpy_eV or 0.0 for parent in given), default=0.0)
    return tuple(
        EnthalpyRow(
            disorder=float(sites.disorder(_array(parent.result.state))),
            enthalpy_meV=1e3 * ((parent.result.enthalpy_eV or 0.0) - lowest),
            error_meV=1e3 * (parent.result.error_eV or 0.0),
            free_energy_meV=_meV(parent.result.free_energy_eV),
            free_energy_error_meV=_meV(parent.result.free_energy_error_eV),
            lattice_A=parent.result.lattice_A or 0.0,
            member=parent.inputs.member,
        )
        for parent in given
    )


def _meV(energy_eV: float | None) -> float | None:
    return None if energy_eV is None else 1e3 * energy_eV


def _array(state: Sequence[float]):  # type: ignore[no-untyped-def]
    import numpy as np

    return np.array(state)


DISORDER = Stage("disorder", 3, run, DisorderInputs, DisorderResult)


def add_disorder(draft: Draft, material: Material) -> str:
    """Add the runs and the prediction of a material; returns the name of the prediction's node."""
    campaign, asked = draft.campaign, draft.campaign.disorder
    parents = {"enthalpies": add_enthalpies(draft, material), "swaps": add_swaps(draft, material)}
    inputs = DisorderInputs(
        composition=material.composition,
        synthesis_temperature_K=asked.synthesis_temperature_K,
        quench_temperature_K=asked.temperature_K,
        seed=campaign.seed,
    )
    params = {"composition": material.composition, "synthesis_temperature_K": asked.synthesis_temperature_K}
    roles = {role: names for role, names in parents.items() if names}
    return draft.add(
        DISORDER, material.composition, inputs, parents=roles, tolerant=True, needs_any=["enthalpies"], params=params
    )
