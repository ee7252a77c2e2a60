"""Figures of closed-loop learning with CHGNet labels: `python benchmarks/learning.py PART [--workdir DIR]`.

Each part prints one JSON object. A restart continues an interrupted part. CPU minutes include all processes: this one,
LAMMPS and the reference.

    labels      bulk and two boundaries of half disordered Li6PS5Cl, levels 6 to 12: labels until runs of 100 ps at
                900 K have no extrapolation
    survive     100 ps at 900 K with other velocities and the potential of `labels`
    rmse        force error at 600 K on frames outside the training set, also for level 16 with the same labels
    selection   force error on hot boundary frames for the labels of `labels` and for as many labels of frames chosen
                without grades
    cuts        CPU time of labels with local cuts relative to whole cells, three seeds

`rmse` and `selection` use test frames of reference MD from `reference_md.py` (--reference-md DIR, with folders bulk-600
and gb-900), or of MD with the potential by default.
"""

import argparse
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
from ase import Atoms
from ase.io import read

from argyro.platform.labels.client import Labeller
from argyro.platform.labels.frame_filters import accept
from argyro.platform.labels.source import LabelSource
from argyro.platform.learning.explore import Sampler, explore
from argyro.platform.learning.initial_frames import hot_frames
from argyro.platform.learning.loop import learn
from argyro.platform.learning.options import LearningOptions
from argyro.platform.learning.refit import Fit, fit, rmse, untrained
from argyro.platform.learning.round_store import (
    ACCEPTED,
    ACTIVE_SET,
    POTENTIAL,
    RoundStore,
    read_frames,
    write_frames,
)
from argyro.platform.potential.mtp.model import MTP
from argyro.platform.structures.boundaries.build import build_boundary
from argyro.platform.structures.crystal.bulk import build_bulk

BOUNDARIES = ("sigma3(1-12)[110]", "sigma5(001)[001]")
OPTIONS = LearningOptions(levels=(6, 8, 10, 12), temperatures_K=(600.0, 900.0), exploration_ps=100.0)
TEST_FRAMES, TEST_PS = 8, 2.0  # frames per structure, time between two frames


def family() -> list[Atoms]:
    bulk = build_bulk("Li6PS5Cl", 0.5, (2, 1, 1), seed=1)
    return [bulk, *(build_boundary("Li6PS5Cl", 0.5, name, 1.0, seed=1) for name in BOUNDARIES)]


def learned(options: LearningOptions, structures: list[Atoms], workdir: Path) -> dict:
    with Labeller(LabelSource()) as labeller:
        labeller.label(
            [build_bulk("Li6PS5Cl")]
        )  # excludes the start time of the reference, a few seconds, from the label times
        result = learn(structures, options, labeller, workdir, lambda entry: print(json.dumps(entry), flush=True))
    last = result.rounds[-1]
    return {
        "labels": last["labels"],
        "rounds": len(result.rounds),
        "label_cpu_minutes": sum(entry["label_cpu_seconds"] for entry in result.rounds) / 60,
        "cpu_minutes": sum(entry["cpu_seconds"] for entry in result.rounds) / 60,
        **{key: last[key] for key in last if "rmse" in key},
        "extrapolation_free": last["extrapolation_free"],
        "fresh_frames_hold": last["fresh_frames_hold"],
    }


def labels(workdir: Path, _: Path | None) -> dict:
    return learned(OPTIONS, family(), workdir / "labels")


def survive(workdir: Path, _: Path | None) -> dict:
    """Run with the grade recorded but without termination by the grade."""
    last = RoundStore(workdir / "labels").folders[-1]
    found = {}
    for number, structure in enumerate(family()):
        run = run_with(last, structure, number, 900.0, 77, 100.0, workdir / "survive" / str(number))
        name = structure.info["boundary"]
        found[name] = {"ps": run.ps, "broke": run.broke, "max_grade": run.max_grade, "atoms": len(structure)}
    return found | {"level": MTP.read(last / POTENTIAL).level}


def rmse_600(workdir: Path, reference_md: Path | None) -> dict:
    store = RoundStore(workdir / "labels")
    trained = store.frames(ACCEPTED)
    twelve = MTP.read(store.folders[-1] / POTENTIAL)
    test = bulk_frames(workdir, reference_md)
    sixteen = fit(trained, fit(trained, twelve.upconvert(14), OPTIONS).mtp.upconvert(16), OPTIONS)
    found = {f"level_{mtp.level}": rmse(mtp, test) for mtp in (twelve, sixteen.mtp)}
    return found | {"trained_on": len(trained), "test_frames": len(test), "test": str(reference_md or "own dynamics")}


def selection(workdir: Path, reference_md: Path | None) -> dict:
    """Train on the same number of labels without grades, in three ways.

    `rounds`: the same rounds, each with as many frames at random times of MD with the current potential.
    `dynamics`: random times of MD with the final potential, which is not available during learning.
    `displaced`: frames of a hot harmonic solid.
    """
    store, structures = RoundStore(workdir / "labels"), family()
    test = boundary_frames(workdir, reference_md)
    sets = {"maxvol": store.frames(ACCEPTED)}
    with Labeller(LabelSource()) as labeller:
        for name, draw in (("rounds", random_rounds), ("dynamics", random_dynamics), ("displaced", random_displaced)):
            file = workdir / f"random-{name}.extxyz"
            if not file.exists():
                write_frames(file, draw(structures, store, labeller, workdir))
            sets[name] = read_frames(file)
    errors = {name: rmse(climbed(frames).mtp, test)["force_meV_A"] for name, frames in sets.items()}
    ratios = {f"over_{name}": errors["maxvol"] / errors[name] for name in errors if name != "maxvol"}
    return errors | ratios | {"labels": {name: len(frames) for name, frames in sets.items()}, "test_frames": len(test)}


def climbed(frames: list[Atoms]) -> Fit:
    """Fit the given frames at increasing levels."""
    made = fit(frames, untrained(frames, OPTIONS), OPTIONS)
    for level in OPTIONS.levels[1:]:
        made = fit(frames, made.mtp.upconvert(level), OPTIONS)
    return made


def random_rounds(structures: list[Atoms], store: RoundStore, labeller: Labeller, workdir: Path) -> list[Atoms]:
    """Label frames at random times; a failed run gives no label and is repeated with half the time."""
    rng = np.random.default_rng(1)
    frames = read_frames(store.folders[0] / ACCEPTED)
    made = fit(frames, untrained(frames, OPTIONS), OPTIONS)
    for number, (summary, asked) in enumerate(zip(store.summaries, store.folders, strict=True)):
        if number == 0:
            continue
        if summary["level"] > made.mtp.level:
            made = fit(frames, made.mtp.upconvert(summary["level"]), OPTIONS)
        folder = workdir / "rounds" / str(number)
        folder.mkdir(parents=True, exist_ok=True)
        made.mtp.write(folder / POTENTIAL)
        made.active_set.write(folder / ACTIVE_SET)
        wanted, attempt, failures = len(frames) + len(read_frames(asked / ACCEPTED)), 0, 0
        while len(frames) < wanted:
            which, temperature_K = attempt % len(structures), OPTIONS.temperatures_K[attempt // len(structures) % 2]
            ps, attempt = rng.uniform(0.1, 5.0) / 2**failures, attempt + 1
            run = run_with(folder, structures[which], which, temperature_K, 100 * number + attempt, ps, folder / "run")
            labelled = labeller.label([run.last] if run.last is not None else [])
            accepted, _ = accept(labelled, frames, OPTIONS.sanity)
            frames, failures = frames + accepted, 0 if accepted else failures + 1
        made = fit(frames, made.mtp, OPTIONS)
        print(json.dumps({"round": number, "attempts": attempt, "labels": len(frames)}), flush=True)
    return frames


def random_dynamics(structures: list[Atoms], store: RoundStore, labeller: Labeller, workdir: Path) -> list[Atoms]:
    rng, frames = np.random.default_rng(0), []
    for number in range(len(store.frames(ACCEPTED))):
        which, temperature_K = number % len(structures), OPTIONS.temperatures_K[number // len(structures) % 2]
        ps, folder = rng.uniform(0.5, 5.0), workdir / "random" / f"{number}"
        run = run_with(store.folders[-1], structures[which], which, temperature_K, 500 + number, ps, folder)
        frames += [run.last] if run.last is not None else []
    return converged(labeller.label(frames))


def random_displaced(structures: list[Atoms], store: RoundStore, labeller: Labeller, workdir: Path) -> list[Atoms]:
    return converged(labeller.label(hot_frames(structures, OPTIONS, len(store.frames(ACCEPTED)), seed=9)))


def converged(frames: list[Atoms]) -> list[Atoms]:
    return [frame for frame in frames if frame.info["status"] == "converged"]


def cuts(workdir: Path, _: Path | None) -> dict:
    structures = [build_boundary("Li6PS5Cl", 0.5, "sigma5(001)[001]", 3.5, seed=1)]
    found = {}
    for seed in range(3):
        for name, whole_cell_atoms in (("local", 300), ("whole", 100_000)):
            options = LearningOptions(
                levels=(6,), temperatures_K=(600.0, 900.0), whole_cell_atoms=whole_cell_atoms, seed=seed
            )
            found[f"{name}-{seed}"] = learned(options, structures, workdir / f"cuts-{name}-{seed}")
    minutes = {
        name: np.mean([found[f"{name}-{seed}"]["label_cpu_minutes"] for seed in range(3)])
        for name in ("local", "whole")
    }
    return found | {"atoms": len(structures[0]), "whole_over_local": minutes["whole"] / minutes["local"]}


def run_with(last: Path, structure: Atoms, number: int, temperature_K: float, seed: int, ps: float, folder: Path):
    options = replace(OPTIONS, break_=1e9)
    shutil.rmtree(folder, ignore_errors=True)  # remove an interrupted run
    sampler = Sampler(number, temperature_K, seed)
    return explore(structure, sampler, last / POTENTIAL, last / ACTIVE_SET, ps, options, folder)


def bulk_frames(workdir: Path, reference_md: Path | None) -> list[Atoms]:
    if reference_md is not None:
        return reference_frames(reference_md / "bulk-600")
    return own_frames(workdir, [0], 600.0)


def boundary_frames(workdir: Path, reference_md: Path | None) -> list[Atoms]:
    if reference_md is not None:
        return reference_frames(reference_md / "gb-900")
    return own_frames(workdir, [1, 2], 900.0)


def reference_frames(folder: Path) -> list[Atoms]:
    """Read every second picosecond of all replicas without the first two picoseconds."""
    frames = []
    for path in sorted(folder.glob("replica-*/frames.extxyz")):
        frames += [frame for frame in read(path, index=":") if frame.info["ps"] > TEST_PS][::2]
    return frames


def own_frames(workdir: Path, numbers: list[int], temperature_K: float) -> list[Atoms]:
    """Label MD frames of the potential of `labels` that are independent of its training set."""
    file = workdir / f"test-{temperature_K:g}K.extxyz"
    if not file.exists():
        last, structures, frames = RoundStore(workdir / "labels").folders[-1], family(), []
        for number in numbers:
            for seed in range(TEST_FRAMES):
                folder = workdir / "test" / f"{temperature_K:g}-{number}-{seed}"
                run = run_with(
                    last, structures[number], number, temperature_K, 900 + seed, TEST_PS * (seed + 1), folder
                )
                frames += [run.last] if run.last is not None else []
        with Labeller(LabelSource()) as labeller:
            write_frames(file, converged(labeller.label(frames)))
    return read_frames(file)


if __name__ == "__main__":
    parts = {"labels": labels, "survive": survive, "rmse": rmse_600, "selection": selection, "cuts": cuts}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=parts)
    parser.add_argument("--workdir", type=Path, default=Path("benchmark-learning"))
    parser.add_argument("--reference-md", type=Path)
    given = parser.parse_args()
    print(json.dumps(parts[given.part](given.workdir, given.reference_md), indent=1, default=float))
