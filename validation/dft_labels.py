"""GPAW labels: PBE, plane waves up to 350 eV, Γ point, energy and forces; requires only ASE and GPAW.

    python dft_labels.py FRAMES.extxyz LABELLED.extxyz

Run the file with the interpreter of `argyro labels install gpaw`. Each labelled frame is appended to the output. A
restart skips the frames in the output. New frames may be added to the input between restarts.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import read, write


def labelled(frame: Atoms) -> Atoms:
    """Label one frame with energy (eV) and forces (eV/Å); ``info["cpu_s"]`` is the CPU time in seconds."""
    from gpaw import GPAW, PW

    start = time.process_time()
    work = frame.copy()
    work.calc = GPAW(mode=PW(350), xc="PBE", kpts=(1, 1, 1), txt=None)
    energy, forces = work.get_potential_energy(), work.get_forces()
    frame.calc = SinglePointCalculator(frame, energy=energy, forces=forces)
    frame.info["cpu_s"] = round(time.process_time() - start, 1)
    return frame


def main(source: Path, target: Path) -> None:
    """Label all frames without labels."""
    done = {frame.info["frame"] for frame in read(target, index=":")} if target.exists() else set()
    for frame in read(source, index=":"):
        if frame.info["frame"] not in done:
            write(target, labelled(frame), append=True, format="extxyz")
            print(frame.info["frame"], len(frame), frame.info["cpu_s"], flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
