"""Measure enthalpy and free energy of one arrangement of anions at the synthesis temperature."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from argyro.campaigns.pipeline.draft import Draft
from argyro.campaigns.pipeline.notes import Note
from argyro.campaigns.pipeline.stages.learn import LEARN, active_set_file, members, potential_file, potential_of
from argyro.campaigns.spec.material import Material, Shares
from argyro.campaigns.spec.schema import Campaign
from argyro.platform.execution.stage import Contract, Stage, StageContext, StageResult, Tracked

FRAME_EVERY_FS = 40.0
ORDERED_SEED = 0  # of the arrangement at which all integrations of a material begin


class EnthalpyInputs(Contract):
    """Decide a run.

    Args:
        composition: of the cell.
        disorder: asked of the builder.
        displaced: of a mixture.
        supercell: in conventional cells.
        temperature_K: of the synthesis.
        length_ps: at constant pressure.
        timestep_fs: of the integration.
        member: of the potential's ensemble.
        seed: of the arrangement and the velocities.
    """

    composition: str
    disorder: float
    displaced: Shares = ()
    supercell: tuple[int, int, int]
    temperature_K: float
    length_ps: float
    timestep_fs: float
    member: int
    seed: int

    @property
    def label(self) -> str:
        """Label for people: ``Li6PS5Br/25 %/0``."""
        return f"{self.composition}/{100 * self.disorder:g} %/{self.seed}"


class EnthalpyResult(StageResult):
    """Hold the mean of a run, or the reason why it does not count.

    Args:
        state: of the cell that was built, see `dynamics.disorder.anion_sites.AnionSites`.
        enthalpy_eV: per formula unit.
        error_eV: standard error of it.
        lattice_A: of the conventional cell.
        free_energy_eV: of this arrangement above the ordered one, per formula unit, with the entropy of vibrations and
            Li; None if a run of its integration did not end well.
        free_energy_error_eV: standard error of it.
        notes: warnings.
    """

    state: tuple[float, ...]
    enthalpy_eV: float | None = None
    error_eV: float | None = None
    lattice_A: float | None = None
    free_energy_eV: float | None = None
    free_energy_error_eV: float | None = None
    notes: tuple[Note, ...] = ()

    def tracked(self) -> Tracked:
        """Select the enthalpy, the free energy and the lattice constant."""
        names = ("enthalpy_eV", "free_energy_eV", "lattice_A")
        return Tracked({name: getattr(self, name) for name in names})


def run(context: StageContext[EnthalpyInputs, None]) -> EnthalpyResult:
    """Build the cell, run it and average, then integrate its free energy; a run that its potential ends does not count.

    The integration begins at the same ordered arrangement for all cells of a material.
    """
    from argyro.platform.dynamics.disorder.anion_sites import AnionSites, state_of
    from argyro.platform.dynamics.disorder.enthalpy_run import mean_enthalpy
    from argyro.platform.dynamics.disorder.exchange_integration import exchange_free_energy
    from argyro.platform.dynamics.md.run_monitor import PotentialFailedError
    from argyro.platform.dynamics.md.settings import MDSettings
    from argyro.platform.structures.crystal.bulk import build_bulk
    from argyro.platform.structures.crystal.composition import Composition

    inputs = context.inputs
    displaced: dict[str, float] | None = {**dict(inputs.displaced)} or None
    atoms = build_bulk(inputs.composition, inputs.disorder, inputs.supercell, inputs.seed, displaced=displaced)
    state = tuple(state_of(AnionSites(Composition.parse(inputs.composition)), atoms).tolist())
    settings = MDSettings(
        temperature_K=inputs.temperature_K,
        equilibrate_ps=inputs.length_ps,
        production_ps=inputs.length_ps,
        timestep_fs=inputs.timestep_fs,
        frame_every_fs=FRAME_EVERY_FS,
        seed=inputs.seed,
    )
    try:
        found = mean_enthalpy(atoms, pair_lines(context, atoms, inputs.member), settings, context.unfinished / "run")
    except PotentialFailedError as error:
        return EnthalpyResult(state=state, notes=(Note(code="enthalpy-left-out", detail=str(error)),))
    result = EnthalpyResult(
        state=state, enthalpy_eV=found.enthalpy_eV, error_eV=found.error_eV, lattice_A=found.lattice_A
    )
    ordered = build_bulk(inputs.composition, 0.0, inputs.supercell, ORDERED_SEED)
    potential = context.parent("potential", LEARN).folder / potential_file(inputs.member)
    try:
        free = exchange_free_energy(ordered, atoms, potential, settings, context.unfinished / "exchange")
    except PotentialFailedError as error:
        note = Note(code="free-energy-left-out", detail=str(error))
        return result.model_copy(update={"notes": (note,)})
    return result.model_copy(update={"free_energy_eV": free.free_energy_eV, "free_energy_error_eV": free.error_eV})


def pair_lines(context: StageContext, atoms, member: int, graded: bool = True) -> list[str]:  # type: ignore[no-untyped-def]
    """Write the LAMMPS lines of a member of the family's potential.

    Args:
        context: of an item with the parent `potential`.
        atoms: cell of the run.
        member: of the ensemble.
        graded: whether the run ends where the potential extrapolates.
    """
    from argyro.platform.dynamics.md.lammps_input import species_order
    from argyro.platform.dynamics.md.simulation import GRADE_BREAK, GRADE_EVERY
    from argyro.platform.potential.native.lammps_commands import lammps_pair_commands

    folder = context.parent("potential", LEARN).folder
    grades: dict[str, object] = {}
    if graded:
        grades = {
            "active_set_path": folder / active_set_file(member),
            "grade_every": GRADE_EVERY,
            "break_": GRADE_BREAK,
        }
    return lammps_pair_commands(folder / potential_file(member), species_order(atoms), **grades)  # type: ignore[arg-type]


ENTHALPY = Stage("enthalpy", 2, run, EnthalpyInputs, EnthalpyResult)


@dataclass(frozen=True)
class _Arrangement:
    """One of the states whose enthalpy is computed."""

    disorder: float
    displaced: Shares
    number: int


def add_enthalpies(draft: Draft, material: Material) -> list[str]:
    """Add the runs of a material whose disorder is predicted; returns the names of their nodes."""
    campaign = draft.campaign
    asked, names = campaign.disorder, []
    for arrangement in _arrangements(campaign, material):
        inputs = EnthalpyInputs(
            composition=material.composition,
            disorder=arrangement.disorder,
            displaced=arrangement.displaced,
            supercell=asked.supercell,
            temperature_K=asked.synthesis_temperature_K,
            length_ps=asked.length_ps,
            timestep_fs=campaign.md.timestep_fs,
            member=arrangement.number % members(campaign),
            seed=campaign.seed + arrangement.number,
        )
        params = {"composition": material.composition, "disorder": arrangement.disorder, "realisation": inputs.seed}
        parents = {"potential": [potential_of(campaign, material)]}
        cost = draft.costs.enthalpy(campaign, material.composition)
        names.append(draft.add(ENTHALPY, inputs.label, inputs, parents=parents, params=params, cost=cost))
    return names


def _arrangements(campaign: Campaign, material: Material) -> Iterator[_Arrangement]:
    """List the disorders and realisations; in a mixture the species are displaced in random proportions."""
    from argyro.platform.dynamics.disorder.anion_sites import AnionSites
    from argyro.platform.structures.crystal.composition import Composition

    variables = AnionSites(Composition.parse(material.composition)).variables
    asked = campaign.disorder
    for number in range(asked.realisations):
        for fraction in sorted(asked.fractions):
            shares: Shares = ()
            if len(variables) > 1:
                rng = np.random.default_rng([campaign.seed, number, round(1e4 * fraction)])
                shares = tuple((name, round(float(rng.uniform(0.05, 0.95)), 4)) for name in sorted(variables))  # type: ignore[misc]
            yield _Arrangement(fraction, shares, number)
