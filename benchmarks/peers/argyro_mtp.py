"""argyro's MTP at several levels, and motep with the same files.

    python benchmarks/peers/argyro_mtp.py train [LEVEL ...]
    python benchmarks/peers/argyro_mtp.py speed [LEVEL ...]
    python benchmarks/peers/argyro_mtp.py motep [LEVEL ...]

`train` fits nine tenths of the training frames with the weights of campaigns and stops by the others. `speed` runs
`lmp` with 416 atoms in both precisions. motep reads the same file, so that it has the same error.
"""

import sys
from time import process_time

import numpy as np
from common import WORKDIR, calculator_speed, force_errors, large_cell, save, training_frames
from snap import WEIGHTS, lammps_speed

from argyro.platform.potential.fitting.fit import train
from argyro.platform.potential.mtp.model import MTP
from argyro.platform.potential.native.lammps_commands import PRECISIONS, lammps_pair_commands

LEVELS = (8, 12, 16, 20)
SPECIES, CUTOFF_A, MIN_DIST_A = ("Li", "P", "S", "Cl"), 5.0, 1.6
VALIDATION_EVERY = 10


def path_of(level: int):
    return WORKDIR / f"mtp-{level}.mtp"


def train_level(level: int) -> None:
    frames = training_frames()
    validation = frames[::VALIDATION_EVERY]
    frames = [atoms for n, atoms in enumerate(frames) if n % VALIDATION_EVERY]
    start = process_time()
    untrained = MTP.untrained(SPECIES, level, CUTOFF_A, MIN_DIST_A)
    mtp = train(frames, untrained, WEIGHTS, validation).mtp
    seconds = process_time() - start
    mtp.write(path_of(level))
    errors = force_errors(lambda atoms: mtp.evaluate(atoms).forces_eV_A)
    save(f"MTP {level}", kind="argyro MTP", training_s=seconds, **errors)


def speed(level: int) -> None:
    speeds = {}
    for precision in PRECISIONS:
        pair = lammps_pair_commands(path_of(level).resolve(), ("Cl", "Li", "P", "S"), precision=precision)
        trial = lammps_speed(pair)
        steps = max(100, round(4.0 * trial / len(large_cell())))
        speeds[precision] = lammps_speed(pair, steps)
    save(f"MTP {level}", atom_steps_per_s=speeds["mixed"], double_atom_steps_per_s=speeds["double"])


def motep(level: int) -> None:
    from ase.data import atomic_numbers
    from motep.calculator import MTP as MotepCalculator
    from motep.io.mlip.mtp import read_mtp

    mtp = MTP.read(path_of(level)).with_repulsion(np.zeros((4, 4)))
    mtp.write(WORKDIR / "motep.mtp")
    data = read_mtp(WORKDIR / "motep.mtp")
    data.species = [atomic_numbers[symbol] for symbol in mtp.species]
    errors = force_errors(lambda atoms: mtp.evaluate(atoms).forces_eV_A)
    rate = calculator_speed(MotepCalculator(data, engine="cext"))
    save(f"motep {level}", kind="motep", atom_steps_per_s=rate, **errors, note="file trained by argyro")


if __name__ == "__main__":
    part = {"train": train_level, "speed": speed, "motep": motep}[sys.argv[1]]
    for chosen in map(int, sys.argv[2:] or LEVELS):
        part(chosen)
