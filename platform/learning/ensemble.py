"""Ensembles of potentials from one training set; their spread in a property is the error of the fit.

Active learning adds each frame for an untrained region, so no frame can be left out. Each member uses all frames with
random weights (Bayesian bootstrap, Rubin, Ann. Stat. 9, 130 (1981)). It starts near the learned potential and must
complete the same exploration.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from ase import Atoms

from argyro.platform.common.errors import ArgyroError
from argyro.platform.learning.explore import explore, samplers
from argyro.platform.learning.options import LearningOptions
from argyro.platform.learning.refit import Fit, fit
from argyro.platform.learning.round_store import ACTIVE_SET, POTENTIAL

if TYPE_CHECKING:
    from argyro.platform.potential.mtp.model import MTP

LEAST_WEIGHT = 0.3  # smallest weight of a frame; the mean weight is one
PERTURBATION = 0.3  # relative perturbation of the initial radial coefficients
ATTEMPTS = 6


def train_ensemble(
    learned: MTP,
    frames: Sequence[Atoms],
    structures: Sequence[Atoms],
    options: LearningOptions,
    members: int,
    workdir: Path,
) -> list[tuple[Path, Path]]:
    """Train further potentials like a learned one.

    Args:
        learned: the potential.
        frames: training set of the potential.
        structures: cells of the family, which a member must explore without a break.
        options: options as for `learn`.
        members: number of members.
        workdir: folder of the members' folders ``member-N``; existing members are kept.

    Returns:
        Paths of potential and active set of every member.

    Raises:
        ArgyroError: no weights of a member allowed exploration without a break.

    Source: five potentials per system for error bars, Ou et al., arXiv:2510.18630.
    """
    folders = [workdir / f"member-{member}" for member in range(members)]
    for member, folder in enumerate(folders):
        if not folder.exists():
            _train_member(learned, frames, structures, options, member, folder)
    return [(folder / POTENTIAL, folder / ACTIVE_SET) for folder in folders]


def _train_member(
    learned: MTP,
    frames: Sequence[Atoms],
    structures: Sequence[Atoms],
    options: LearningOptions,
    member: int,
    folder: Path,
) -> None:
    for attempt in range(ATTEMPTS):
        partial = folder.with_name(f"{folder.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        made = _draw(learned, frames, options, np.random.default_rng([options.seed, 0xE, member, attempt]))
        made.mtp.write(partial / POTENTIAL)
        made.active_set.write(partial / ACTIVE_SET)
        if _runs_through(structures, options, partial, round_number=1000 * (member + 1)):
            shutil.rmtree(partial / "exploration")
            partial.rename(folder)
            return
    raise ArgyroError(
        f"none of {ATTEMPTS} potentials for member {member + 1} of the ensemble explores without extrapolation: "
        "the training set is too small; raise potential.max_labels or potential.explore_ps"
    )


def _draw(learned: MTP, frames: Sequence[Atoms], options: LearningOptions, rng: np.random.Generator) -> Fit:
    weighted = []
    for frame, weight in zip(frames, rng.exponential(1.0, len(frames)), strict=True):
        copy = frame.copy()
        copy.calc = frame.calc
        copy.info["weight"] = LEAST_WEIGHT + (1 - LEAST_WEIGHT) * weight
        weighted.append(copy)
    radial = learned.radial_coefficients
    moved = radial * (1 + PERTURBATION * rng.normal(size=radial.shape))
    start = learned.with_coefficients(moved, learned.species_energies_eV, learned.coefficients)
    return fit(weighted, start, options)


def _runs_through(structures: Sequence[Atoms], options: LearningOptions, folder: Path, round_number: int) -> bool:
    """Return whether all exploration runs of full length stay below the break."""
    for sampler in samplers(structures, options, round_number):
        where = folder / "exploration" / f"{sampler.structure}-{sampler.temperature_K:g}K"
        structure, files = structures[sampler.structure], (folder / POTENTIAL, folder / ACTIVE_SET)
        if explore(structure, sampler, *files, options.exploration_ps, options, where).broke:
            return False
    return True
