"""Figures of closed-loop learning with chgnet labels: `python benchmarks/learning.py PART [--workdir DIR]`.

Each part prints one JSON object. `labels`: labels, CPU time and errors of a whole run on bulk and two boundaries.
`cuts`: CPU time of labels with local cuts against whole cells. `selection`: force errors on hot boundary frames, MaxVol
against random choice at equal labels. `survive`: 50 ps at 900 K in bulk and boundary with a learned potential.
"""

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from argyro.platform.labels.labeller import Labeller
from argyro.platform.labels.source import LabelSource
from argyro.platform.learning.explore import Sampler, explore
from argyro.platform.learning.fit import fit, rmse, untrained
from argyro.platform.learning.loop import learn
from argyro.platform.learning.options import LearningOptions
from argyro.platform.learning.rounds import ACCEPTED, HELD_OUT, RoundStore
from argyro.platform.potential.potential import MTP
from argyro.platform.structures.argyrodite import build_bulk
from argyro.platform.structures.grain_boundary import build_boundary

BOUNDARIES = ("sigma3(1-12)[110]", "sigma5(001)[001]")


def family(composition: str, disorder: float, boundaries=BOUNDARIES) -> list:
    bulk = build_bulk(composition, disorder, (2, 1, 1), seed=1)
    return [bulk, *(build_boundary(composition, disorder, name, 1.0, seed=1) for name in boundaries)]


def learned(options: LearningOptions, structures: list, workdir: Path) -> dict:
    cpu, wall = time.process_time(), time.monotonic()
    with Labeller(LabelSource()) as labeller:
        result = learn(structures, options, labeller, workdir, lambda entry: print(json.dumps(entry), flush=True))
    last = result.rounds[-1]
    return {
        "labels": last["labels"],
        "rounds": len(result.rounds),
        "label_seconds": sum(entry["label_seconds"] for entry in result.rounds),
        "own_cpu_seconds": time.process_time() - cpu,
        "wall_seconds": time.monotonic() - wall,
        **{key: last[key] for key in last if "rmse" in key},
        "extrapolation_free": last["extrapolation_free"],
        "potential": str(result.mtp_path),
    }


def labels(workdir: Path) -> dict:
    options = LearningOptions(levels=(6, 8, 10, 12), temperatures_K=(600.0, 900.0), exploration_ps=100.0)
    return learned(options, family("Li6PS5Cl", 0.5), workdir / "labels")


def cuts(workdir: Path) -> dict:
    structures = [build_boundary("Li6PS5Cl", 0.5, "sigma5(001)[001]", 3.5, seed=1)]
    found = {}
    for name, whole_cell_atoms in (("local", 300), ("whole", 100_000)):
        for seed in range(3):
            options = LearningOptions(levels=(6,), whole_cell_atoms=whole_cell_atoms, seed=seed)
            found[f"{name}-{seed}"] = learned(options, structures, workdir / f"cuts-{name}-{seed}")
    seconds = {
        name: np.mean([found[f"{name}-{seed}"]["label_seconds"] for seed in range(3)]) for name in ("local", "whole")
    }
    return found | {"atoms": len(structures[0]), "whole_over_local": seconds["whole"] / seconds["local"]}


def selection(workdir: Path) -> dict:
    """Force RMSE on the held-out boundary frames, of a fit to the selected frames and to as many drawn at random."""
    store = RoundStore(workdir / "labels")
    chosen, hot = store.frames(ACCEPTED), store.frames(HELD_OUT)
    options = LearningOptions(levels=(12,))
    structures = family("Li6PS5Cl", 0.5)
    last = store.folders[-1]
    drawn = []
    for structure in range(len(structures)):
        runs = [
            explore(
                structures[structure],
                Sampler(structure, 900.0, 100 + number),
                last / "potential.mtp",
                last / "active_set.txt",
                0.5 * (1 + number),
                options,
                workdir / "random" / f"{structure}-{number}",
            )
            for number in range(sum(frame.info["structure"] == structure for frame in chosen))
        ]
        drawn += [run.last for run in runs if run.last is not None]
    with Labeller(LabelSource()) as labeller:
        random = [frame for frame in labeller.label(drawn) if frame.info["status"] == "converged"]
    boundary = [frame for frame in hot if frame.info["boundary"] != "bulk"]
    count = min(len(chosen), len(random))
    errors = {
        name: rmse(fit(frames[:count], untrained(structures, options), options).mtp, boundary)["force_meV_A"]
        for name, frames in (("maxvol", chosen), ("random", random))
    }
    return errors | {"labels": count, "ratio": errors["maxvol"] / errors["random"]}


def survive(workdir: Path) -> dict:
    """50 ps at 900 K and constant pressure, watched by the grade but not ended by it."""
    store = RoundStore(workdir / "labels")
    last = store.folders[-1]
    options = replace(LearningOptions(), break_=1e9)
    found = {}
    for number, structure in enumerate(family("Li6PS5Cl", 0.5)):
        run = explore(
            structure,
            Sampler(number, 900.0, 77),
            last / "potential.mtp",
            last / "active_set.txt",
            50.0,
            options,
            workdir / "survive" / str(number),
        )
        name = structure.info["boundary"]
        found[name] = {"ps": run.ps, "broke": run.broke, "max_grade": run.max_grade, "atoms": len(structure)}
    return found | {"level": MTP.read(last / "potential.mtp").level}


if __name__ == "__main__":
    parts = {"labels": labels, "cuts": cuts, "selection": selection, "survive": survive}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=parts)
    parser.add_argument("--workdir", type=Path, default=Path("benchmark-learning"))
    given = parser.parse_args()
    print(json.dumps(parts[given.part](given.workdir), indent=1, default=float))
