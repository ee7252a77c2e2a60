"""Several potentials from one training set, whose spread in a property is its error from the fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from ase import Atoms

from argyro.platform.learning.fit import fit, untrained
from argyro.platform.learning.options import LearningOptions
from argyro.platform.learning.rounds import ACTIVE_SET, POTENTIAL

LEFT_OUT = 0.1  # share of the frames that a member does not see


def train_ensemble(
    frames: Sequence[Atoms], options: LearningOptions, members: int, workdir: Path
) -> list[tuple[Path, Path]]:
    """Train potentials of the last level from other random starts on other nine tenths of the frames.

    Args:
        frames: labelled training set.
        options: as for `learn`; its levels are climbed without new labels.
        members: how many.
        workdir: a folder ``member-N`` each; those that exist are taken as they are.

    Returns:
        Paths of potential and active set of every member.

    Source: five potentials per system for error bars, Ou et al., arXiv:2510.18630.
    """
    paths = []
    for member in range(members):
        folder = workdir / f"member-{member}"
        if not folder.exists():
            _train_member(frames, replace(options, seed=options.seed + 1 + member), folder)
        paths.append((folder / POTENTIAL, folder / ACTIVE_SET))
    return paths


def _train_member(frames: Sequence[Atoms], options: LearningOptions, folder: Path) -> None:
    rng = np.random.default_rng([options.seed, 0xE])
    count = max(1, round((1 - LEFT_OUT) * len(frames)))
    seen = [frames[index] for index in np.sort(rng.choice(len(frames), count, replace=False))]
    made = fit(seen, untrained(seen, options), options)
    for level in options.levels[1:]:
        made = fit(seen, made.mtp.upconvert(level), options)
    partial = folder.with_name(folder.name + ".partial")
    partial.mkdir(parents=True, exist_ok=True)
    made.mtp.write(partial / POTENTIAL)
    made.active_set.write(partial / ACTIVE_SET)
    partial.rename(folder)
