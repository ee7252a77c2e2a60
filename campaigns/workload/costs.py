"""Cost estimates of items: core seconds, memory and disk, from their sizes and the speed of this machine.

The constants are for the machine of the figures in docs/lammps.md. `planning.machine_benchmark` measures the ratio
of this machine to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log
from typing import Annotated

import numpy as np
from pydantic import ConfigDict, Field

from argyro.campaigns.spec.material import Cell
from argyro.campaigns.spec.schema import Campaign
from argyro.campaigns.workload.atom_counts import bulk_atoms, md_atoms
from argyro.campaigns.workload.item_resources import LABELLING, item_resources
from argyro.campaigns.workload.run_lengths import most_ps
from argyro.campaigns.workload.run_space import asked_cells
from argyro.platform.execution.stage import Contract
from argyro.platform.labels.references import LABEL_ATOM_S

# MD of Li6PS5Cl with a cutoff of 5 Å (28 neighbours), core seconds per atom and step by level: docs/lammps.md.
ATOM_STEP_S = {2: 4e-7, 8: 6.8e-7, 12: 1.12e-6, 16: 3.0e-6, 20: 6.6e-6, 26: 4e-5}
REFERENCE_CUTOFF_A = 5.0
# Members of a committee, committees until nothing is doubtful, core seconds per atom and pass (MACE, width 32).
COMMITTEE, TEACHERS, TEACHER_ATOM_EPOCH_S = 2, 2, 0.003
# Learning: a fit takes some iterations over the training set, each worth a few energy evaluations of every atom.
FIT_ITERATIONS, FIT_EVALUATIONS = 200, 8
LABELS_PER_ROUND, SEED_LABELS, ROUND_S = 6, 12, 3.0
LARGEST_LABELLED, CUT_BOX = 110, 150  # atoms; larger cells are cut to boxes of 13 to 16 Å
BULK_ATOMS, MD_LABELS_PER_PS = 52, 500.0  # conventional cell; time step of MD with the reference
GRADING, EXPLORATIONS = 1.3, 2  # share of graded steps beside plain ones; temperatures
INTEGRATION = 4.0  # evaluations of the potential per step of an enthalpy run: two nodes of two energies each
FRAME_BYTES_PER_ION, LI_SHARE = 12, 6 / 13
STRUCTURE_S, BOUNDARY_SEARCH_S = 0.1, 2.5
ITEM_S, SWAP_STRETCH_STEPS = 1.0, 10
SURROGATE_S, SURROGATE_ATOM_STEP_S = 4.0, 4e-6
MICROSTRUCTURE_GRAIN_S, HOMOGENIZATION_S = 0.17, 3.0
# Analysis of a trajectory: import and plots, then kinisi's covariance over frames and ions.
ANALYSIS_S, ANALYSIS_FRAME_ION_S = 1.0, 3e-6
PROCESS_GB, ATOM_GB = 0.6, 5e-6  # a worker with its libraries; neighbour lists and trajectory


class Costs(Contract):
    """Cost estimates of items on a machine.

    Args:
        slowness: ratio of core seconds on this machine to those on the machine of the constants.
        label_s: stated time of one label on the cores that `resources` reserves; None for the estimate by atoms.
    """

    model_config = ConfigDict(extra="ignore")  # earlier versions stored more

    slowness: Annotated[float, Field(gt=0.0)] = 1.0
    label_s: Annotated[float, Field(gt=0.0)] | None = None

    def step_s(self, campaign: Campaign, level: int) -> float:
        """Estimate the core seconds of one MD step of one atom, with geometric interpolation between levels."""
        logs = np.interp(level, list(ATOM_STEP_S), [log(seconds) for seconds in ATOM_STEP_S.values()])
        neighbours = (campaign.potential.cutoff_A / REFERENCE_CUTOFF_A) ** 3
        return self.slowness * neighbours * exp(logs)

    def structure(self, cell: Cell) -> float:
        """Estimate the core seconds to build one cell."""
        return self.slowness * (STRUCTURE_S + (0.0 if cell.boundary.is_bulk else BOUNDARY_SEARCH_S))

    def dynamics(self, campaign: Campaign, cell: Cell) -> float:
        """Estimate the core seconds of one MD run of the usual length."""
        steps = 1e3 * (campaign.md.equilibrate_ps + campaign.md.production_ps) / campaign.md.timestep_fs
        return steps * md_atoms(campaign, cell) * self.step_s(campaign, campaign.potential.levels[-1])

    def enthalpy(self, campaign: Campaign, composition: str) -> float:
        """Estimate the core seconds of one mean enthalpy and of its free energy."""
        asked = campaign.disorder
        steps = 1e3 * asked.length_ps / campaign.md.timestep_fs
        atoms = bulk_atoms(composition, asked.supercell)
        evaluations = GRADING + INTEGRATION
        return ITEM_S + evaluations * steps * atoms * self.step_s(campaign, campaign.potential.levels[-1])

    def swaps(self, campaign: Campaign, composition: str) -> float:
        """Estimate the core seconds of one hybrid Monte Carlo run: each stretch has as many steps as exchanges."""
        asked = campaign.disorder
        evaluations = 2 * SWAP_STRETCH_STEPS * asked.swap_stretches
        atoms = bulk_atoms(composition, asked.supercell)
        return ITEM_S + evaluations * atoms * self.step_s(campaign, campaign.potential.levels[-1])

    def diffusivity(self, campaign: Campaign, cell: Cell) -> float:
        """Estimate the core seconds of the analysis of one MD run."""
        ions = LI_SHARE * md_atoms(campaign, cell)
        frames = 1e3 * campaign.md.production_ps / campaign.md.frame_every_fs
        return self.slowness * (ANALYSIS_S + ANALYSIS_FRAME_ION_S * frames * ions)

    def learning(self, campaign: Campaign, cells: Sequence[float], known: int = 0) -> float:
        """Estimate the core seconds of one family with its largest number of labels: labels, explorations, fits.

        Args:
            campaign: with its ladder, limits and reference.
            cells: number of atoms of each structure.
            known: number of known labels.
        """
        potential = campaign.potential
        labelled = labelled_atoms(cells)
        rounds = min(
            max(1.0, (potential.max_labels - (0 if known else SEED_LABELS)) / LABELS_PER_ROUND),
            potential.max_rounds * len(potential.levels),
        )
        step_s = float(np.mean([self.step_s(campaign, level) for level in potential.levels]))
        exploration = 0.5e3 * potential.explore_ps / 2.0 * sum(cells) * EXPLORATIONS * GRADING * step_s
        fit = FIT_ITERATIONS * FIT_EVALUATIONS * (known + 0.6 * potential.max_labels) * labelled * step_s
        labels = potential.max_labels * self._cheap_label(campaign, labelled) + self._teacher(campaign, labelled)
        return labels + rounds * (self.slowness * ROUND_S + exploration + fit)

    def reference_check(self, campaign: Campaign) -> float:
        """Estimate the core seconds of the comparison of a potential with its reference."""
        asked = campaign.potential.validation
        atoms, labels = float(BULK_ATOMS * np.prod(asked.supercell)), asked.length_ps * MD_LABELS_PER_PS
        if asked.method == "forces":
            atoms, labels = float(np.mean([md_atoms(campaign, cell) for cell in asked_cells(campaign)])), asked.frames
        return self.slowness * ROUND_S + labels * self._cheap_label(campaign, atoms)

    def _teacher(self, campaign: Campaign, labelled: float) -> float:
        """Estimate the core seconds of the expensive labels and of training the committee, usually twice."""
        teacher = campaign.labels.teacher
        if teacher is None:
            return 0.0
        training_s = self.slowness * labelled * TEACHERS * COMMITTEE * teacher.epochs * TEACHER_ATOM_EPOCH_S
        return teacher.frames * (self.label(campaign, labelled) + training_s)

    def _cheap_label(self, campaign: Campaign, atoms: float) -> float:
        """Estimate the core seconds of one label of the reference, or of the teacher in its place."""
        if campaign.labels.teacher is None:
            return self.label(campaign, atoms)
        return self.slowness * atoms * LABEL_ATOM_S[campaign.labels.source]

    def label(self, campaign: Campaign, atoms: float) -> float:
        """Estimate the core seconds of one label of the reference: as stated, or proportional to the atoms."""
        if self.label_s is not None:
            return self.label_s * item_resources(campaign, LABELLING[0]).cpu
        teacher = campaign.labels.teacher
        return self.slowness * atoms * LABEL_ATOM_S[teacher.train_on if teacher else campaign.labels.source]

    def surrogate(self, campaign: Campaign) -> float:
        """Estimate the core seconds of one training on all structures."""
        atoms = campaign.md.realisations * sum(md_atoms(campaign, cell) for cell in asked_cells(campaign))
        steps = campaign.surrogate.members * campaign.surrogate.steps
        return self.slowness * (SURROGATE_S + SURROGATE_ATOM_STEP_S * atoms * steps)

    def microstructure(self, campaign: Campaign) -> float:
        """Estimate the core seconds of one polycrystal: mesh and reduced basis."""
        return self.slowness * MICROSTRUCTURE_GRAIN_S * campaign.homogenization.grains

    def homogenization(self, campaign: Campaign) -> float:
        """Estimate the core seconds of one map over temperatures and grain sizes."""
        return self.slowness * HOMOGENIZATION_S * campaign.homogenization.realisations

    def disk_GB(self, campaign: Campaign, cell: Cell) -> float:
        """Estimate the disk space of the trajectory of one MD run."""
        ions = LI_SHARE * md_atoms(campaign, cell)
        return _frames(campaign) * ions * FRAME_BYTES_PER_ION / 1e9

    def memory_GB(self, campaign: Campaign, cell: Cell) -> float:
        """Estimate the memory of one MD run and of its analysis, which holds the trajectory twice."""
        atoms = md_atoms(campaign, cell)
        return PROCESS_GB + ATOM_GB * atoms + 2 * self.disk_GB(campaign, cell)


def labelled_atoms(cells: Sequence[float]) -> float:
    """Return the mean number of atoms of a labelled frame; larger cells are cut to boxes."""
    return float(np.mean([atoms if atoms <= LARGEST_LABELLED else CUT_BOX for atoms in cells]))


def _frames(campaign: Campaign) -> float:
    """Count the frames of one trajectory, at most."""
    return 1e3 * most_ps(campaign.md, campaign.md.production_ps) / campaign.md.frame_every_fs
