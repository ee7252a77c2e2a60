"""Hot frames of the DFT check: bulk cells and boxes cut at grain boundaries.

    python -m argyro.validation.dft_frames FRAMES.extxyz

Each case is a short Langevin run with CHGNet. The strong friction thermalises the vibrations within tenths of a ps,
which is sufficient for forces. The file is rewritten after each case. A restart skips the cases in the file.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from ase import Atoms, units
from ase.io import read, write
from ase.md.langevin import Langevin
from ase.md.velocitydistribution import MaxwellBoltzmannDistribution

from argyro.platform.execution.atomic_files import replacing
from argyro.platform.learning.cutout import CutOptions, local_cut
from argyro.platform.learning.label_cells import NEAR_BOUNDARY_A
from argyro.platform.structures.boundaries.build import build_boundary
from argyro.platform.structures.crystal.bulk import build_bulk

if TYPE_CHECKING:
    from ase.calculators.calculator import Calculator

TEMPERATURE_K = 700.0
TIMESTEP_FS = 2.0
FRICTION_PER_FS = 0.05
# boxes of 50 to 70 atoms, for which a plane-wave label takes minutes; the protected sphere has the first two shells
SMALL_BOX = CutOptions(edge_A=9.8, largest_edge_A=11.5, protected_A=4.0, trials=600)
BORDER_STEPS = 20
MIN_GRAIN_NM = 0.8


@dataclass(frozen=True)
class Case:
    """Run that gives two frames in the bulk or four frames at a boundary.

    Args:
        composition: formula.
        disorder: fraction of the halide not on 4a.
        boundary: name, or ``bulk``.
    """

    composition: str
    disorder: float
    boundary: str

    @property
    def name(self) -> str:
        """Name of the case, without blanks."""
        return f"{self.composition}/{100 * self.disorder:g}/{self.boundary}"

    def cell(self, seed: int) -> Atoms:
        """Build the cell of the run."""
        if self.boundary == "bulk":
            return build_bulk(self.composition, self.disorder, seed=seed)
        return build_boundary(self.composition, self.disorder, self.boundary, MIN_GRAIN_NM, seed=seed)


CASES = [
    Case(f"Li6PS5{halide}", disorder, boundary)
    for disorder, boundary in ((0.5, "bulk"), (0.0, "bulk"), (0.5, "sigma5(001)[001]"))
    for halide in ("Cl", "Br", "I")
]


def hot_frames(case: Case, calculator: Calculator, seed: int = 0) -> list[Atoms]:
    """Collect frames of a run at 700 K: the bulk cell, or boxes around four atoms at the boundary."""
    atoms = case.cell(seed)
    atoms.rattle(0.05, seed=seed)
    atoms.calc = calculator
    rng = np.random.default_rng(seed)
    MaxwellBoltzmannDistribution(atoms, temperature_K=TEMPERATURE_K, rng=rng)
    run = Langevin(
        atoms,
        TIMESTEP_FS * units.fs,
        temperature_K=TEMPERATURE_K,
        friction=FRICTION_PER_FS / units.fs,
        rng=rng,
    )
    bulk = case.boundary == "bulk"
    frames: list[Atoms] = []
    for steps in (150, 150) if bulk else (60,):
        run.run(steps)
        frames += [_plain(atoms)] if bulk else _boxes(_plain(atoms), calculator, rng)
    for number, frame in enumerate(frames):
        frame.info = {
            "frame": f"{case.name}/{number}",
            "composition": case.composition,
            "disorder": case.disorder,
            "boundary": case.boundary,
            "temperature_K": TEMPERATURE_K,
        }
    return frames


def _plain(atoms: Atoms) -> Atoms:
    frame = atoms.copy()
    frame.calc = None
    frame.set_momenta(np.zeros_like(frame.positions))
    return frame


def _boxes(frame: Atoms, calculator: Calculator, rng: np.random.Generator) -> list[Atoms]:
    """Cut four small boxes around Li ions near the boundary and relax their borders."""
    lithium = frame.numbers == 3
    near = np.flatnonzero(lithium & (np.abs(frame.arrays["boundary_distance_A"]) <= NEAR_BOUNDARY_A))
    boxes = []
    for centre in rng.choice(near, 4, replace=False):
        box = local_cut(frame, int(centre), SMALL_BOX, seed=0)
        boxes.append(_relax_border(box, calculator))
    return boxes


def _relax_border(box: Atoms, calculator: Calculator) -> Atoms:
    from ase.constraints import FixAtoms
    from ase.optimize import FIRE

    box.set_constraint(FixAtoms(mask=box.arrays["protected"]))
    box.calc = calculator
    FIRE(box, logfile=None, maxstep=0.05).run(fmax=0.5, steps=BORDER_STEPS)
    box.set_constraint()
    box.calc = None
    return box


def main(file: Path) -> None:
    """Compute the missing frames of all cases."""
    from chgnet.model.dynamics import CHGNetCalculator

    calculator = CHGNetCalculator(use_device="cpu", on_isolated_atoms="ignore")
    frames = read(file, index=":") if file.exists() else []
    done = {frame.info["frame"].rpartition("/")[0] for frame in frames}
    for case in CASES:
        if case.name in done:
            continue
        frames += hot_frames(case, calculator)
        for frame in frames:
            frame.arrays = {key: frame.arrays[key] for key in ("numbers", "positions")}
        with replacing(file) as partial:
            write(partial, frames, format="extxyz")
        print(case.name, [len(frame) for frame in frames[-2:]], flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
