"""A teacher between DFT and a potential, on the 13-atom cell of ordered Li6PS5Cl: `python benchmarks/teacher.py PART`.

record   label the frames with GPAW (PBE, 350 eV, 2x2x2 k-points; --python: interpreter of its environment); this made
         tests/platform/labels/data/gpaw_13_atoms.extxyz, and makes it anew; goes on where it was stopped
learn    from recorded labels: a teacher of two MACE models, its error on held-out labels; then a potential learned from
         the teacher's labels, and one fitted to the same few DFT labels, each against held-out DFT labels
"""

import argparse
import json
from pathlib import Path

import numpy as np
from ase import Atoms
from ase.io import read, write
from ase.spacegroup import crystal

from argyro.platform.labels.client import Labeller
from argyro.platform.labels.committee import TeacherOptions, train_teacher
from argyro.platform.labels.frame_filters import min_distance_A
from argyro.platform.labels.source import LabelSource
from argyro.platform.learning.initial_frames import hot, rattled, strained
from argyro.platform.learning.loop import learn
from argyro.platform.learning.options import LearningOptions
from argyro.platform.learning.refit import fit, rmse, untrained
from argyro.platform.potential.mtp.model import MTP

RECORDED = Path(__file__).parents[1] / "tests" / "platform" / "labels" / "data" / "gpaw_13_atoms.extxyz"
FRAMES, HELD_OUT, ATTEMPTS, MIN_DISTANCE_A = 40, 8, 30, 1.6
LADDER = (6, 8, 10)


def primitive_cell() -> Atoms:
    """Ordered Li6PS5Cl with Li at the midpoints 24g of the 48h pairs."""
    sites = {"Cl": (0, 0, 0), "S": (0.25,) * 3, "P": (0.5,) * 3, "S2": (0.6188,) * 3, "Li": (0.0232, 0.25, 0.25)}
    symbols = [name.rstrip("2") for name in sites]
    return crystal(symbols, list(sites.values()), spacegroup=216, cellpar=[9.86] * 3 + [90] * 3, primitive_cell=True)


def frames() -> list[Atoms]:
    """Strained cells, hot up to 900 K or rattled."""
    cell, rng, made = primitive_cell(), np.random.default_rng(5), []
    for number in range(FRAMES):
        start = strained(cell, 0.04, rng) if number % 4 else cell
        temperature_K = rng.uniform(150, 900)
        for attempt in range(ATTEMPTS):
            cooler_K = temperature_K * (1 - attempt / ATTEMPTS)
            frame = hot(start, cooler_K, rng) if number % 5 else rattled(start, rng.uniform(0.03, 0.1), rng)
            if min_distance_A(frame) >= MIN_DISTANCE_A:
                break
        made.append(Atoms(frame.numbers, positions=frame.positions, cell=frame.cell, pbc=True))
    return made


def record(path: Path, python: str) -> dict:
    done = len(read(path, index=":")) if path.exists() else 0
    source = LabelSource("gpaw", python=python, kwargs={"kpts": {"size": [2, 2, 2]}})
    with Labeller(source) as labeller:
        for frame in frames()[done:]:
            (labelled,) = labeller.label([frame])
            print(labelled.info["status"], labelled.info.pop("log")[-200:], flush=True)
            write(path, labelled, format="extxyz", append=True)
        return {"labels": FRAMES - done, "cpu_minutes": labeller.cpu_seconds_spent / 60}


def teach(path: Path, workdir: Path) -> dict:
    recorded = [frame for frame in read(path, index=":") if frame.info["status"] == "converged"]
    known, test = recorded[:-HELD_OUT], recorded[-HELD_OUT:]
    teacher = train_teacher(known, TeacherOptions(), workdir / "teacher")
    options = LearningOptions(levels=LADDER, temperatures_K=(200.0, 400.0), exploration_ps=10.0)
    with Labeller(teacher.source()) as labeller:
        taught = labeller.label([frame.copy() for frame in test])
        structure = primitive_cell().repeat((2, 2, 2))
        structure.info["boundary"] = "bulk"
        learned = learn([structure], options, labeller, workdir / "student", lambda entry: print(json.dumps(entry)))
    sure = [number for number, frame in enumerate(taught) if frame.info["status"] == "converged"]
    force = [(taught[n].get_forces() - test[n].get_forces()).ravel() for n in sure]
    return {
        "teacher": teacher.to_json(),
        "dft_labels": len(known),
        "cheap_labels": learned.rounds[-1]["labels"],
        "extrapolation_free": learned.rounds[-1]["extrapolation_free"],
        "doubtful_test_frames": len(test) - len(sure),
        "teacher_force_meV_A": 1e3 * float(np.sqrt(np.mean(np.square(np.concatenate(force))))),
        "student": rmse(MTP.read(learned.mtp_path), test),
        "fit_to_the_dft_labels_alone": rmse(climbed(known, options), test),
        "force_rms_of_the_test_meV_A": 1e3 * float(np.sqrt(np.mean([np.mean(f.get_forces() ** 2) for f in test]))),
    }


def climbed(known: list[Atoms], options: LearningOptions) -> MTP:
    made = fit(known, untrained(known, options), options)
    for level in options.levels[1:]:
        made = fit(known, made.mtp.upconvert(level), options)
    return made.mtp


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=("record", "learn"))
    parser.add_argument("--labels", type=Path, default=RECORDED)
    parser.add_argument("--python", default=".venvs/gpaw/bin/python")
    parser.add_argument("--workdir", type=Path, default=Path("benchmark-teacher"))
    given = parser.parse_args()
    result = record(given.labels, given.python) if given.part == "record" else teach(given.labels, given.workdir)
    print(json.dumps(result, indent=1, default=float))
