"""Feeds altered potentials, active sets and cells to the kernel under AddressSanitizer and UndefinedBehaviorSanitizer.

`python tests/platform/potential/native/fuzz.py [SECONDS] [SEED]`. The driver is compiled once into ``build/fuzz``.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from ase import Atoms

from argyro.platform.potential.extrapolation.active_set import ActiveSet
from argyro.platform.potential.mtp.model import MTP
from argyro.platform.potential.native import build as native

HERE = Path(__file__).resolve().parent
BUILD = HERE.parents[3] / "build" / "fuzz"
FLAGS = ["-std=c++20", "-O1", "-g1", "-fopenmp", "-Wno-psabi", "-DARGYRO_ISA=baseline", "-DARGYRO_ISA_BASELINE=1"]
SANITIZERS = [
    "-fsanitize=address,undefined,float-cast-overflow",
    "-fno-sanitize-recover=all",
    "-fno-omit-frame-pointer",
]
SHARED_WITH_LAMMPS = ("active_set.cpp", "grade_simd.cpp")  # the files of the pair style that need no LAMMPS


def build_driver() -> Path:
    """The driver with the kernel's sources, made again when one of them is newer."""
    kernel = [path for path in sorted(native.KERNEL_DIR.glob("*.cpp")) if not path.name.startswith("binding")]
    sources = [HERE / "fuzz_driver.cpp", *kernel, *(native.LAMMPS_DIR / name for name in SHARED_WITH_LAMMPS)]
    headers = [*native.KERNEL_DIR.glob("*.h*"), *native.LAMMPS_DIR.glob("*.h*")]
    driver = BUILD / "fuzz_driver"
    newest = max(path.stat().st_mtime for path in (*sources, *headers))
    if not (driver.exists() and driver.stat().st_mtime > newest):
        BUILD.mkdir(parents=True, exist_ok=True)
        includes = [f"-I{native.KERNEL_DIR}", f"-I{native.LAMMPS_DIR}"]
        subprocess.run(["g++", *FLAGS, *SANITIZERS, *includes, *map(str, sources), "-o", str(driver)], check=True)
    return driver


def seed_files(folder: Path) -> list[str]:
    """A small potential with repulsion and its active set."""
    mtp, rng = MTP.untrained(("Li", "S"), 8, 5.0, 1.5), np.random.default_rng(0)
    made = mtp.with_coefficients(mtp.radial_coefficients, np.ones(2), rng.normal(size=mtp.basis_size))
    made.with_repulsion(np.full((2, 2), 1.7)).write(folder / "seed.mtp")
    frames = [
        Atoms("Li4S4", positions=6 * rng.random((8, 3)), cell=6 * np.eye(3) + rng.random((3, 3)), pbc=True)
        for _ in range(40)
    ]
    apart = [frame for frame in frames if (frame.get_all_distances(mic=True) + 9 * np.eye(8)).min() > 0.6]
    ActiveSet.from_frames(made, apart).write(folder / "seed.active_set")
    return [str(folder / "seed.mtp"), str(folder / "seed.active_set")]


def main(seconds: float = 600.0, seed: int = 0) -> int:
    """Run the driver; a sanitizer's report or a crash is its exit status."""
    driver = build_driver()
    with tempfile.TemporaryDirectory() as folder:
        command = [str(driver), str(seconds), str(seed), *seed_files(Path(folder))]
        return subprocess.run(command, env={"OMP_NUM_THREADS": "1"}).returncode


if __name__ == "__main__":
    sys.exit(main(*map(float, sys.argv[1:2]), *map(int, sys.argv[2:3])))
