"""What items cost: expected core seconds, memory and disk, from the sizes asked for and the speed of this machine.

The speeds are those of `probe.measure_costs`, or, without a probe, those of the machine that the figures of
docs/campaigns.md were taken on. The other constants are fits to the quickstart's stages on that machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import exp, inf, log

import numpy as np

from argyro.campaigns.spec.schema import Campaign
from argyro.campaigns.workload.atom_counts import md_atoms

# MD of Li6PS5Cl with a cutoff of 5 Å (28 neighbours), core seconds per atom and step by level: docs/lammps.md.
ATOM_STEP_S = {2: 4e-7, 8: 6.8e-7, 12: 1.12e-6, 16: 3.0e-6, 20: 6.6e-6, 26: 4e-5}
REFERENCE_CUTOFF_A = 5.0
# Core seconds per atom and label; the figure of DFT is for plane waves at the Γ point.
LABEL_ATOM_S = {"diep": 0.006, "chgnet": 0.004, "sevennet": 0.037, "mace": 0.02, "ase": 0.02}
DFT_LABEL_ATOM_S = 2.0
# Members of a committee, committees until nothing is doubtful, core seconds per atom and pass (MACE, width 32).
COMMITTEE, TEACHERS, TEACHER_ATOM_EPOCH_S = 2, 2, 0.003
# Learning: a fit takes some iterations over the training set, each worth a few energy evaluations of every atom.
FIT_ITERATIONS, FIT_EVALUATIONS = 200, 8
LABELS_PER_ROUND, SEED_LABELS, ROUND_S = 6, 12, 3.0
LARGEST_LABELLED, CUT_BOX = 600, 180  # atoms; larger cells are cut to boxes of 13 to 16 Å
GRADING, EXPLORATIONS = 1.3, 2  # share of graded steps beside plain ones; temperatures
FRAME_BYTES_PER_ION, LI_SHARE = 12, 6 / 13
STRUCTURE_S, BOUNDARY_SEARCH_S = 0.1, 2.5
SURROGATE_S, SURROGATE_ATOM_STEP_S = 4.0, 4e-6
MICROSTRUCTURE_GRAIN_S, HOMOGENIZATION_S = 0.17, 3.0
# Analysis of a trajectory: import and plots, then kinisi's covariance over frames and ions.
ANALYSIS_S, ANALYSIS_FRAME_ION_S = 1.0, 3e-6
PROCESS_GB, ATOM_GB = 0.6, 5e-6  # a worker with its libraries; neighbour lists and trajectory


@dataclass(frozen=True)
class Costs:
    """Speeds of a machine, and the expected cost of items on it.

    Args:
        atom_step_s: level -> core seconds of one MD step of one atom.
        label_atom_s: core seconds per atom and label; None: that of `LABEL_ATOM_S`.
        slowness: core seconds here over those of the machine of the constants, for what is not measured by itself.
    """

    atom_step_s: Mapping[int, float] = field(default_factory=lambda: dict(ATOM_STEP_S))
    label_atom_s: float | None = None
    slowness: float = 1.0

    def to_json(self) -> dict[str, object]:
        """As kept in a campaign's folder."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: Mapping) -> Costs:
        """Invert `to_json`; JSON's keys are text.

        Raises:
            ValueError: a cost is not positive and finite; KeyError, TypeError: one is absent or no number.
        """
        levels = {int(level): float(seconds) for level, seconds in document["atom_step_s"].items()}
        label_atom_s = document["label_atom_s"]
        costs = cls(levels, None if label_atom_s is None else float(label_atom_s), float(document["slowness"]))
        if not levels or not all(0 < cost < inf for cost in (*levels.values(), costs.slowness)):
            raise ValueError("costs must be positive and finite")
        return costs

    def step_s(self, level: int) -> float:
        """Of one MD step of one atom; between measured levels geometrically."""
        levels = sorted(self.atom_step_s)
        return exp(np.interp(level, levels, [log(self.atom_step_s[known]) for known in levels]))

    def structure(self, boundary: str) -> float:
        """Of building one cell."""
        return self.slowness * (STRUCTURE_S + (BOUNDARY_SEARCH_S if boundary != "bulk" else 0.0))

    def dynamics(self, campaign: Campaign, composition: str, boundary: str) -> float:
        """Of one MD run."""
        steps = 1e3 * (campaign.md.equilibrate_ps + campaign.md.production_ps) / campaign.md.timestep_fs
        return steps * md_atoms(campaign, composition, boundary) * self.step_s(campaign.potential.levels[-1])

    def diffusivity(self, campaign: Campaign, composition: str, boundary: str) -> float:
        """Of the analysis of one MD run."""
        ions = LI_SHARE * md_atoms(campaign, composition, boundary)
        return self.slowness * (ANALYSIS_S + ANALYSIS_FRAME_ION_S * _frames(campaign) * ions)

    def learning(self, campaign: Campaign, cells: Sequence[float], known: int = 0) -> float:
        """Of one family that takes all its labels: labels, explorations, fits.

        Args:
            campaign: its ladder, limits and reference.
            cells: atoms of each structure that is learned.
            known: labels to begin with that are there already.
        """
        potential = campaign.potential
        labelled = float(np.mean([atoms if atoms <= LARGEST_LABELLED else CUT_BOX for atoms in cells]))
        rounds = min(
            max(1.0, (potential.max_labels - (0 if known else SEED_LABELS)) / LABELS_PER_ROUND),
            potential.max_rounds * len(potential.levels),
        )
        step_s = float(np.mean([self.step_s(level) for level in potential.levels]))
        exploration = 0.5e3 * potential.explore_ps / 2.0 * sum(cells) * EXPLORATIONS * GRADING * step_s
        fit = FIT_ITERATIONS * FIT_EVALUATIONS * (known + 0.6 * potential.max_labels) * labelled * step_s
        labels = potential.max_labels * labelled * self._label_atom_s(campaign) + self._teacher(campaign, labelled)
        return labels + rounds * (self.slowness * ROUND_S + exploration + fit)

    def _teacher(self, campaign: Campaign, labelled: float) -> float:
        """Of the expensive labels and of training the committee on them, as a rule twice over."""
        teacher = campaign.labels.teacher
        if teacher is None:
            return 0.0
        label_s = LABEL_ATOM_S.get(teacher.train_on, DFT_LABEL_ATOM_S)
        training_s = TEACHERS * COMMITTEE * teacher.epochs * TEACHER_ATOM_EPOCH_S
        return self.slowness * teacher.frames * labelled * (label_s + training_s)

    def _label_atom_s(self, campaign: Campaign) -> float:
        known = LABEL_ATOM_S.get(campaign.labels.source, DFT_LABEL_ATOM_S)
        return self.slowness * known if self.label_atom_s is None else self.label_atom_s

    def surrogate(self, campaign: Campaign) -> float:
        """Of one training on all structures."""
        cells = [
            md_atoms(campaign, material.composition, boundary)
            for material in campaign.materials
            for boundary in ("bulk", *campaign.boundaries)
        ]
        atoms = campaign.md.realisations * sum(cells)
        steps = campaign.surrogate.members * campaign.surrogate.steps
        return self.slowness * (SURROGATE_S + SURROGATE_ATOM_STEP_S * atoms * steps)

    def microstructure(self, campaign: Campaign) -> float:
        """Of one polycrystal: mesh and reduced basis."""
        return self.slowness * MICROSTRUCTURE_GRAIN_S * campaign.homogenization.grains

    def homogenization(self, campaign: Campaign) -> float:
        """Of one map over temperatures and grain sizes."""
        return self.slowness * HOMOGENIZATION_S * campaign.homogenization.realisations

    def disk_GB(self, campaign: Campaign, composition: str, boundary: str) -> float:
        """Trajectory of one MD run."""
        ions = LI_SHARE * md_atoms(campaign, composition, boundary)
        return _frames(campaign) * ions * FRAME_BYTES_PER_ION / 1e9

    def memory_GB(self, campaign: Campaign, composition: str, boundary: str) -> float:
        """Of one MD run and of its analysis, which holds the trajectory twice."""
        atoms = md_atoms(campaign, composition, boundary)
        return PROCESS_GB + ATOM_GB * atoms + 2 * self.disk_GB(campaign, composition, boundary)


def _frames(campaign: Campaign) -> float:
    """Of one trajectory."""
    return 1e3 * campaign.md.production_ps / campaign.md.frame_every_fs
