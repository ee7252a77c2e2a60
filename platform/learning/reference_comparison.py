"""Comparison of a learned potential with its reference, on forces and on diffusion."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import exp, hypot
from pathlib import Path

from ase import Atoms
from ase.io import iread, write

from argyro.platform.common.errors import ArgyroError
from argyro.platform.common.estimate import Uncertain
from argyro.platform.dynamics.diffusion.tracer import Diffusivity, diffusivity
from argyro.platform.dynamics.md.settings import MDSettings
from argyro.platform.dynamics.md.simulation import run_md
from argyro.platform.dynamics.trajectories.trajectory import Trajectory
from argyro.platform.labels.client import Labeller, failure
from argyro.platform.labels.labeller_calculator import LabellerCalculator
from argyro.platform.labels.reference_bias import ALL, ForceErrors, force_errors
from argyro.platform.learning.reference_dynamics import FRAME_PS, labelled_copy, run_reference_md
from argyro.platform.potential.mtp.model import MTP

SNAPSHOTS = Path("production") / "snapshots.dump"  # of `run_md`, one per ps
EQUILIBRATE_PS = 4.0
APART_PS = 2.0  # between two compared frames of one run
SKIP_PS = 2.0  # start of the reference's run, while it leaves the potential's configurations
LONGER = 5  # length of the potential's run over that of the reference, whose statistics limit the comparison


@dataclass(frozen=True)
class DiffusionComparison:
    """Diffusivity of one cell, at the same volume, by the potential and by its reference.

    Args:
        potential: diffusivity by the potential.
        reference: diffusivity by the reference.
        frames: frames of the reference's run with its labels.
    """

    potential: Diffusivity
    reference: Diffusivity
    frames: list[Atoms]

    @property
    def ratio(self) -> Uncertain | None:
        """The potential's D over that of the reference; None if one of them is only an upper bound."""
        potential, reference = self.potential.estimate, self.reference.estimate
        return None if potential is None or reference is None else ratio(potential, reference)


def ratio(above: Uncertain, below: Uncertain) -> Uncertain:
    """Divide two independent positive numbers with log-normal errors."""
    value, width = above.value / below.value, 1.959964 * hypot(above.log_sigma, below.log_sigma)
    return Uncertain(value, value * exp(-width), value * exp(width))


def compare_forces(mtp: MTP, frames: Sequence[Atoms]) -> dict[str, ForceErrors]:
    """Compare the potential's forces with the labels of frames, on all atoms and on Li.

    Args:
        mtp: the potential.
        frames: labelled frames.
    """
    forces = [mtp.evaluate(frame).forces_eV_A for frame in frames]
    return {element: force_errors(frames, forces, element) for element in (ALL, "Li")}


def production_frames(
    structures: Sequence[Atoms],
    mtp_path: Path,
    temperature_K: float,
    frames: int,
    labeller: Labeller,
    workdir: Path,
    seed: int = 0,
) -> list[Atoms]:
    """Draw frames of MD with the potential from all structures in turn, and label them with the reference.

    Args:
        structures: cells of the runs.
        mtp_path: file of the potential.
        temperature_K: temperature of the runs.
        frames: number of frames.
        labeller: an open labeller of the reference.
        workdir: folder of the runs, which are reused.
        seed: seed of the velocities.

    Raises:
        ArgyroError: the reference labelled no frame.
    """
    each = -(-frames // len(structures))
    drawn = []
    for number, structure in enumerate(structures):
        settings = MDSettings(temperature_K, EQUILIBRATE_PS, each * APART_PS, seed=seed + number)
        folder = workdir / f"run-{number}"
        run_md(structure, mtp_path, settings, folder)
        drawn.append(list(_snapshots(structure, folder / SNAPSHOTS))[-1 :: -round(APART_PS)][:each])
    turns = [frame for turn in zip(*drawn, strict=True) for frame in turn]
    labelled = labeller.label(turns[:frames])
    good = [frame for frame in labelled if frame.info["status"] == "converged"]
    if not good:
        raise ArgyroError(f"the reference labelled none of {len(labelled)} frames of MD: {failure(labelled[-1])}")
    return good


def compare_diffusion(
    structure: Atoms,
    mtp_path: Path,
    temperature_K: float,
    length_ps: float,
    labeller: Labeller,
    workdir: Path,
    seed: int = 0,
    progress: Callable[[float], None] = lambda share: None,
) -> DiffusionComparison:
    """Measure D of a bulk cell by MD with the potential and with the reference itself; an interrupted call resumes.

    The potential's run at zero pressure gives the cell and the initial positions of the reference's run.

    Args:
        structure: small bulk cell.
        mtp_path: file of the potential.
        temperature_K: temperature of both runs.
        length_ps: length of the reference's run.
        labeller: an open labeller of the reference.
        workdir: folder of both runs.
        seed: seed of the velocities and of the estimator.
        progress: called with the finished share.

    Raises:
        RunStoppedError: a check stopped the potential's run.
        ArgyroError: the reference could not label a frame.
    """
    settings = MDSettings(temperature_K, EQUILIBRATE_PS, LONGER * length_ps, seed=seed)
    learned = run_md(structure, mtp_path, settings, workdir / "potential")
    start = list(_snapshots(structure, workdir / "potential" / SNAPSHOTS))[-1]
    folder = workdir / "reference"
    folder.mkdir(parents=True, exist_ok=True)
    skipped, apart, frames = round(SKIP_PS / FRAME_PS), round(APART_PS / FRAME_PS), round(length_ps / FRAME_PS)

    def keep(frame: int, atoms: Atoms) -> bool:
        if frame > skipped and frame % apart == 0:
            write(folder / f"{frame}.extxyz", labelled_copy(atoms), format="extxyz")
        progress(frame / (frames + skipped))
        return True

    calculator = LabellerCalculator(labeller)
    run = run_reference_md(start, calculator, temperature_K, length_ps + SKIP_PS, folder, seed, keep)
    labelled = [next(iread(path)) for path in sorted(folder.glob("*.extxyz"), key=lambda path: int(path.stem))]
    return DiffusionComparison(
        potential=diffusivity(Trajectory.read(learned.trajectory), temperature_K, "xyz", seed, "exact"),
        reference=diffusivity(run.part(skipped, run.frames), temperature_K, "xyz", seed, "exact"),
        frames=labelled,
    )


def _snapshots(structure: Atoms, path: Path) -> Iterator[Atoms]:
    """Read the snapshots of a run as atoms of its structure."""
    from argyro.platform.dynamics.trajectories.formats.lammps_dump import read_lammps_dump
    from argyro.platform.dynamics.trajectories.frame import Frame

    for dumped in read_lammps_dump(path):
        if isinstance(dumped, Frame):
            atoms = structure.copy()
            atoms.set_cell(dumped.cell_A)
            atoms.positions = dumped.fractional @ dumped.cell_A
            yield atoms
