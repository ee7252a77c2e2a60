"""Exploration: molecular dynamics with the current potential, monitored by the extrapolation grade."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import numpy as np
from ase import Atoms
from ase.data import atomic_masses, atomic_numbers
from ase.io import read, write

from argyro.platform.common.errors import ArgyroError
from argyro.platform.dynamics.md.extrapolating_frames import dumped_frames
from argyro.platform.execution.child_processes import contain_lammps
from argyro.platform.learning.options import LearningOptions

TRACE_STEPS = 50  # steps between two points of the trace of grades
LOG_TAIL_CHARACTERS = 1500
CANDIDATES, LAST_FRAME = "candidates.extxyz", "last.dump"
CANDIDATES_PER_RUN = 60  # more frames of one trajectory add nothing that MaxVol would choose
BREAK_LINE = re.compile(r"ARGYRO BREAK: .* at step (\d+)")
HALT_LINE = re.compile(r"Fix halt condition for fix-id \S+ met on step (\d+)")
THERMO_LINE = re.compile(r"^\s+(\d+)(?:\s+\S+){4}\s+(\S+)\s*$", re.MULTILINE)  # step, four others, grade


@dataclass(frozen=True)
class Sampler:
    """An exploration run: structure, temperature and velocities."""

    structure: int
    temperature_K: float
    seed: int


@dataclass(frozen=True)
class Exploration:
    """The result of one exploration run.

    Args:
        sampler: the run.
        ps: simulated time; with `broke`, the time until the break.
        broke: whether the grade exceeded the break or the run exploded.
        swollen: whether the run ended because the volume left its range, as in a melt or vapour.
        times_ps: (k,) times of the trace of grades.
        grades: (k,) largest grade of the cell at these times; at least 1 if a species has one active row.
        candidates: number of frames above the selection grade.
        frames: evenly chosen candidates, each with ``info["max_grade"]`` and the array ``grade``.
        last: last frame of the run at any grade.
    """

    sampler: Sampler
    ps: float
    broke: bool
    swollen: bool
    times_ps: np.ndarray
    grades: np.ndarray
    candidates: int
    frames: list[Atoms]
    last: Atoms | None

    @property
    def name(self) -> str:
        """The readable name, such as ``structure 1, 900 K``."""
        return f"structure {self.sampler.structure}, {self.sampler.temperature_K:g} K"

    @property
    def extrapolated(self) -> bool:
        """Whether the run found frames outside the active set."""
        return self.broke or self.candidates > 0

    @property
    def max_grade(self) -> float:
        """The largest grade of the run."""
        return float(max(self.grades.max(initial=0.0), *(frame.info["max_grade"] for frame in self.frames), 0.0))


def samplers(structures: Sequence[Atoms], options: LearningOptions, round_number: int) -> list[Sampler]:
    """Return samplers for structures × temperatures; velocities differ between rounds."""
    return [
        Sampler(structure, temperature_K, 1 + 7919 * options.seed + 101 * round_number + 10 * structure + heat)
        for structure in range(len(structures))
        for heat, temperature_K in enumerate(options.temperatures_K)
    ]


def explore(
    structure: Atoms,
    sampler: Sampler,
    mtp_path: Path,
    active_set_path: Path,
    ps: float,
    options: LearningOptions,
    folder: Path,
) -> Exploration:
    """Run molecular dynamics at zero pressure until the end of the time or a grade above the break.

    Args:
        structure: initial structure, minimised briefly before the run.
        sampler: temperature and velocities.
        mtp_path: file of the current potential.
        active_set_path: file of its active set.
        ps: length of the run.
        options: time step and thresholds.
        folder: empty folder for the run.

    Raises:
        ArgyroError: LAMMPS did not start.
    """
    folder.mkdir(parents=True)
    species = sorted(set(structure.get_chemical_symbols()), key=lambda symbol: atomic_numbers[symbol])
    write(folder / "start.data", structure, format="lammps-data", specorder=species, atom_style="atomic")
    files = _name_beside(mtp_path, folder / "potential.mtp"), _name_beside(active_set_path, folder / "active_set.txt")
    commands = _commands(species, sampler, *files, ps, options, len(structure) > options.small_cell_atoms)
    (folder / "in.lmp").write_text("\n".join(commands) + "\n")
    log = _run_lammps(folder)
    return _outcome(structure, sampler, log, ps, options, folder)


def _name_beside(path: Path, link: Path) -> str:
    """Return the name of a file for LAMMPS, which runs in the folder of the link."""
    from argyro.platform.potential.native.lammps_commands import ascii_name

    found = ascii_name(path, link)
    return link.name if found == link else str(found)


def _commands(
    species: list[str],
    sampler: Sampler,
    mtp_name: str,
    active_set_name: str,
    ps: float,
    options: LearningOptions,
    anisotropic: bool,
) -> list[str]:
    from argyro.platform.potential.native.lammps_commands import lammps_pair_commands

    temperature_K, step_ps = sampler.temperature_K, options.timestep_fs / 1000.0
    barostat = "aniso" if anisotropic else "iso"
    pair = lammps_pair_commands(
        mtp_name,
        species,
        active_set_path=active_set_name,
        grade_every=options.grade_every,
        select=options.select,
        break_=options.break_,
        dump=CANDIDATES,
    )
    return [
        "units metal",
        "atom_style atomic",
        "read_data start.data",
        *(f"mass {kind + 1} {atomic_masses[atomic_numbers[symbol]]}" for kind, symbol in enumerate(species)),
        *pair,
        "neighbor 1.5 bin",
        "neigh_modify every 1 delay 0 check yes",
        f"timestep {step_ps}",
        f"fix graded all pair {options.grade_every} mtp grade 0",
        "compute grade all reduce max f_graded",
        "thermo_style custom step temp pe press vol c_grade",
        f"thermo {options.grade_every * max(1, TRACE_STEPS // options.grade_every)}",
        "thermo_modify lost error flush yes",
        "min_modify dmax 0.05",
        "minimize 1e-6 0.3 50 200",
        "reset_timestep 0",
        # Half of the kinetic energy becomes potential energy at once.
        f"velocity all create {1.5 * temperature_K} {sampler.seed} mom yes rot no dist gaussian",
        f"fix ensemble all npt temp {temperature_K} {temperature_K} 0.1 {barostat} 0.0 0.0 1.0",
        "fix drift all momentum 100 linear 1 1 1",
        "variable swelling equal vol/$(vol:%.10g)-1",
        f"fix dense all halt 20 v_swelling < {-options.volume_change} error soft message yes",
        f"fix rare all halt 20 v_swelling > {options.volume_change} error soft message yes",
        f"run {round(ps / step_ps)}",
        f"write_dump all custom {LAST_FRAME} id element x y z modify element {' '.join(species)}",
    ]


def _run_lammps(folder: Path) -> str:
    from argyro.platform.potential.native.lammps_commands import lammps_command, lammps_environment

    command = [*lammps_command(), "-in", "in.lmp", "-log", "log.lammps", "-screen", "none"]
    done = subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        errors="replace",
        env=lammps_environment(threads=1),
        check=False,
        preexec_fn=contain_lammps,
    )
    path = folder / "log.lammps"
    log = path.read_text(errors="replace") if path.exists() else ""
    if done.returncode:
        log += f"\nERROR: lmp ended with exit code {done.returncode}"
    if "Step" not in log:  # A later explosion is a result of exploration; a run without a first step is an error.
        tail = (log + done.stdout + done.stderr)[-LOG_TAIL_CHARACTERS:]
        raise ArgyroError(f"LAMMPS did not start in {folder}: {tail}")
    return log


def _outcome(
    structure: Atoms, sampler: Sampler, log: str, ps: float, options: LearningOptions, folder: Path
) -> Exploration:
    step_ps = options.timestep_fs / 1000.0
    dynamics = log[log.find("reset_timestep") :]
    trace = np.array([(int(match[1]), float(match[2])) for match in THERMO_LINE.finditer(dynamics)]).reshape(-1, 2)
    broken, swollen, died = BREAK_LINE.search(log), HALT_LINE.search(dynamics), "ERROR" in log
    if broken:
        # A break during minimisation is a break at time zero.
        reached = float(broken[1]) * step_ps if BREAK_LINE.search(dynamics) else 0.0
    elif swollen:
        reached = float(swollen[1]) * step_ps
    else:
        reached = float(trace[:, 0].max(initial=0.0)) * step_ps if died else ps
    count, frames = _candidates(structure, sampler, folder / CANDIDATES)
    return Exploration(
        sampler,
        reached,
        broke=bool(broken or died),
        swollen=bool(swollen),
        times_ps=trace[:, 0] * step_ps,
        grades=trace[:, 1],
        candidates=count,
        frames=frames,
        last=_last(structure, sampler, folder / LAST_FRAME),
    )


def _last(structure: Atoms, sampler: Sampler, path: Path) -> Atoms | None:
    if not path.exists():
        return None
    from argyro.platform.dynamics.trajectories.formats.lammps_dump import read_lammps_dump
    from argyro.platform.dynamics.trajectories.frame import Frame

    dumped = next(read_lammps_dump(path), None)
    if not isinstance(dumped, Frame) or len(dumped.species) != len(structure):
        return None
    last = _like(structure, dumped.cell_A, dumped.fractional @ dumped.cell_A)
    last.info |= _origin(sampler)
    return last


def _candidates(structure: Atoms, sampler: Sampler, path: Path) -> tuple[int, list[Atoms]]:
    count, frames = graded_frames(structure, path)
    for frame in frames:
        frame.info |= _origin(sampler)
    return count, frames


def graded_frames(structure: Atoms, path: Path) -> tuple[int, list[Atoms]]:
    """Read the frames that the pair style dumped above a grade.

    Args:
        structure: initial structure of the run; its arrays and info are kept.
        path: the dump, which may be absent.

    Returns:
        Number of frames, and evenly chosen ones with the array ``grade``, ``info["step"]``, ``info["max_grade"]``.
    """
    blocks = dumped_frames(path, len(structure))
    chosen = np.unique(np.linspace(0, len(blocks) - 1, min(len(blocks), CANDIDATES_PER_RUN)).round().astype(int))
    frames = []
    for index in chosen:
        dumped = read(StringIO(blocks[index]), format="extxyz")
        assert isinstance(dumped, Atoms)  # a list only with an index
        frame = _like(structure, dumped.cell.array, dumped.positions)
        frame.set_array("grade", dumped.arrays["grade"])
        frame.info |= {"step": int(dumped.info["step"]), "max_grade": float(dumped.info["max_grade"])}
        frames.append(frame)
    return len(blocks), frames


def _origin(sampler: Sampler) -> dict:
    return {"structure": sampler.structure, "made_by": f"exploration at {sampler.temperature_K:g} K"}


def _like(structure: Atoms, cell_A: np.ndarray, positions_A: np.ndarray) -> Atoms:
    frame = structure.copy()
    frame.calc = None
    frame.set_cell(cell_A)
    frame.positions = positions_A
    return frame
