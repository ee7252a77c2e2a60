"""Options of learning, with the defaults of the quick start."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field

from argyro.platform.common.errors import InputError
from argyro.platform.labels.frame_filters import SanityLimits
from argyro.platform.learning.cutout import CutOptions


@dataclass(frozen=True)
class LearningOptions:
    """Settings of `learn`.

    Args:
        levels: increasing potential levels; nearly all labels are taken at the first.
        cutoff_A: cutoff radius r_c of the potential.
        min_dist_A: lower end of the range of the radial functions.
        radial_size: number of Chebyshev polynomials per radial function.
        seeds_per_structure: seed frames per structure up to `small_cell_atoms`; larger structures get half.
        small_cell_atoms: largest number of atoms of a small cell.
        rattle_A: largest standard deviation of the rattled seeds' displacements.
        strain: largest component of the strained seeds' strain.
        temperatures_K: temperatures of the exploration; hot seeds use the highest.
        exploration_ps: time that every sampler must run without a grade above `select` before the level is raised.
        first_exploration_ps: length of the first exploration; tripled after each round without extrapolation.
        volume_change: relative volume change at which a run ends. Grades do not detect an evaporating cell, whose
            neighbourhoods are sparse but known. At 1000 K chgnet's Li6PS5Cl is a fifth larger than at 0 K.
        timestep_fs: time step of the exploration.
        grade_every: MD steps between two gradings; runs fail within ten steps of entering an untrained region.
        select: extrapolation grade above which a frame is a candidate.
        break_: grade at which a run ends.
        picks_per_round: largest number of frames labelled in one round.
        energy_tolerance_meV_atom: largest energy error of 95 % of the fresh frames at which the level is raised.
        force_tolerance: largest force error of fresh frames over that of the training set at which the level is raised.
        rounds_per_level: largest number of rounds at one level.
        max_labels: largest number of requested labels; afterwards the remaining levels are still fitted.
        extra_rounds: rounds beyond both limits at the last level, for a potential that has not converged.
        whole_cell_atoms: larger cells are cut around their extrapolating atoms before labelling.
        cut: sizes of the boxes.
        cuts_per_frame: largest number of boxes per frame.
        border_steps: number of relaxation steps of a box's border.
        training_iterations: largest number of optimiser iterations of the first fit at a level.
        refit_iterations: largest number of optimiser iterations of a refit with new labels at the same level.
        energy_scale_meV_atom: energy error with the weight of `force_scale_meV_A` and `stress_scale_GPa` in a fit.
        force_scale_meV_A: see `energy_scale_meV_atom`. Dynamics need forces; a tighter energy costs a tenth of the
            accuracy of the forces on Li at grain boundaries (levels up to 12).
        stress_scale_GPa: see `energy_scale_meV_atom`.
        lithium_force_weight: weight of squared force errors of Li over those of other atoms: D follows from forces on
            Li, and stiff bonds of PS4 have the largest errors.
        large_force_eV_A: force on an atom at which the weight of its squared error is half of that at rest.
        sanity: limits of a label for training.
        seed: seed of every random choice.

    Raises:
        InputError: the levels are not strictly increasing even numbers, or the grades are not 1 < select < break_.

    Source: grades and levels, Ou et al., arXiv:2510.18630.
    """

    levels: tuple[int, ...] = (6, 8)
    cutoff_A: float = 5.0
    min_dist_A: float = 1.6
    radial_size: int = 8
    seeds_per_structure: int = 8
    small_cell_atoms: int = 110
    rattle_A: float = 0.12
    strain: float = 0.06
    temperatures_K: tuple[float, ...] = (600.0, 950.0)
    exploration_ps: float = 10.0
    first_exploration_ps: float = 1.0
    volume_change: float = 0.35
    timestep_fs: float = 2.0
    grade_every: int = 2
    select: float = 1.7
    break_: float = 5.0
    picks_per_round: int = 6
    energy_tolerance_meV_atom: float = 10.0
    force_tolerance: float = 1.6
    rounds_per_level: int = 12
    max_labels: int = 200
    extra_rounds: int = 1
    whole_cell_atoms: int = 110
    cut: CutOptions = field(default_factory=CutOptions)
    cuts_per_frame: int = 2
    border_steps: int = 20
    training_iterations: int = 200
    refit_iterations: int = 50
    energy_scale_meV_atom: float = 6.0
    force_scale_meV_A: float = 100.0
    stress_scale_GPa: float = 0.6
    lithium_force_weight: float = 4.0
    large_force_eV_A: float = 1.5
    sanity: SanityLimits = field(default_factory=SanityLimits)
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.levels or list(self.levels) != sorted(set(self.levels)) or any(level % 2 for level in self.levels):
            raise InputError(
                f"levels {self.levels} must be strictly increasing even numbers; give for instance 6, 8, 12"
            )
        if not 1.0 < self.select < self.break_:
            raise InputError(
                f"grades select = {self.select} and break = {self.break_} must satisfy 1 < select < break; "
                "up to 1 the potential interpolates"
            )

    def hash(self) -> str:
        """Return 16 hex digits that change with any option."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]
