"""Everything that decides how a potential is learned, with the values that the quick start uses."""

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
        levels: the ladder of potential levels; nearly all labels are taken at the first.
        cutoff_A: cutoff radius r_c of the potential.
        min_dist_A: below this distance the potential's radial functions are not trusted.
        radial_size: Chebyshev polynomials per radial function.
        seeds_per_structure: seed frames per structure with at most `small_cell_atoms` atoms; larger ones get half.
        small_cell_atoms: a cell up to this size counts as small.
        rattle_A: largest standard deviation of the rattled seeds' displacements.
        strain: largest component of the strained seeds' strain.
        temperatures_K: of the exploration; hot seeds take the highest.
        exploration_ps: length that every sampler must run without a grade above `select` to leave a level.
        first_exploration_ps: length of the first exploration; tripled whenever a round meets nothing new.
        volume_change: relative change of the volume at which a run ends: grades do not see an evaporating cell, whose
            neighbourhoods are poor rather than new. At 1000 K chgnet's Li6PS5Cl is itself a fifth larger than at 0 K.
        timestep_fs: of the exploration.
        grade_every: MD steps between two gradings; a hole in the potential is fallen through within ten.
        select: extrapolation grade from which a frame is a candidate.
        break_: grade at which a run ends.
        picks_per_round: most frames labelled in one round.
        energy_tolerance_meV_atom: largest error of the energy of fresh frames with which a level is left.
        force_tolerance: largest force error of fresh frames over that of the training set with which a level is left.
        rounds_per_level: most rounds at one level.
        max_labels: most labels asked for altogether; the level ladder is still climbed when they are spent.
        extra_rounds: rounds beyond both limits at the last level, for a potential that has not converged by then.
        whole_cell_atoms: larger cells are cut round their extrapolating atoms before labelling.
        cut: size of the boxes.
        cuts_per_frame: most boxes of one frame.
        border_steps: relaxation steps of a box's border.
        training_iterations: most iterations of the optimiser after a round.
        sanity: what a label must satisfy to train.
        seed: of every random choice.

    Raises:
        InputError: the ladder does not rise, or the grades are not 1 < select < break_.

    Source: grades and the ladder, Ou et al., arXiv:2510.18630.
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
    whole_cell_atoms: int = 600
    cut: CutOptions = field(default_factory=CutOptions)
    cuts_per_frame: int = 2
    border_steps: int = 20
    training_iterations: int = 200
    sanity: SanityLimits = field(default_factory=SanityLimits)
    seed: int = 0

    def __post_init__(self):
        if not self.levels or list(self.levels) != sorted(set(self.levels)) or any(level % 2 for level in self.levels):
            raise InputError(
                f"levels {self.levels} are no ladder; give even numbers that rise, such as 6, 8, 12",
                path="potential.levels",
                given=self.levels,
                accepted="even numbers, rising",
            )
        if not 1.0 < self.select < self.break_:
            raise InputError(
                f"grades select = {self.select} and break = {self.break_} must satisfy 1 < select < break; "
                "up to 1 the potential interpolates",
                path="potential.select",
                given=self.select,
                accepted="1 < select < break",
            )

    def hash(self) -> str:
        """16 hex digits that change with any option."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]
