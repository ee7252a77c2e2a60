"""Resumable molecular dynamics with LAMMPS: minimisation, equilibration, production.

The folder of a run holds its complete state:

- `run.json`: structure, settings and potential of the run;
- the newest restart files;
- `trajectory.bin`: the mobile ions;
- `production/snapshots.dump`: all atoms, once per ps;
- `summary.json`: written when the run is complete.

LAMMPS writes a restart file about every 20 s and each frame at once. A killed run loses less than a minute.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ase import Atoms

from argyro.platform.common.errors import InputError
from argyro.platform.dynamics.md import lammps_input
from argyro.platform.dynamics.md.equilibration import Equilibration
from argyro.platform.dynamics.md.extrapolating_frames import EXTRAPOLATING
from argyro.platform.dynamics.md.production import Production
from argyro.platform.dynamics.md.settings import MDSettings
from argyro.platform.execution.atomic_files import exclusive_lock, write_text
from argyro.platform.potential.native.lammps_commands import ascii_name, lammps_pair_commands

# Grade every second step. Runs fail within ten steps of entering an untrained region. Grading costs 4 to 7 % of a run
# (levels 8 to 16, r_c 5 Å). Learning stops at a grade of 5 and adds labels; a production run may exceed 5 briefly.
# Its frames above 5 are kept for an extension of the potential.
GRADE_EVERY, GRADE_SELECT, GRADE_BREAK = 2, 5.0, 10.0


@dataclass(frozen=True)
class MDRun:
    """The state of a run.

    Args:
        trajectory: compact file of the mobile ions, see `Trajectory.read`.
        summary: temperature, pressure, cell, speed; `complete` is False if the wall time ended the run.
    """

    trajectory: Path
    summary: dict

    @property
    def complete(self) -> bool:
        """Whether the production is complete; if not, the same call continues it."""
        return self.summary["complete"]


def run_md(
    atoms: Atoms,
    mtp_path: Path | None,
    settings: MDSettings,
    workdir: Path,
    active_set_path: Path | None = None,
    pair_commands: Sequence[str] | None = None,
) -> MDRun:
    """Run or continue molecular dynamics in a folder, or return its finished result.

    A finished run continues if a longer production is asked for; a longer one than asked for is returned as it is.

    Args:
        atoms: periodic structure; with an `info["boundary"]` other than "bulk", z relaxes independently of the xy
            plane.
        mtp_path: file of the moment tensor potential; None with `pair_commands`.
        settings: settings of the run.
        workdir: folder of this run only; created if absent.
        active_set_path: active set that grades the run. The run stops above an extrapolation grade of 10; its
            frames above 5 are in `extrapolating.extxyz` for `platform.learning`.
        pair_commands: LAMMPS lines of another potential instead.

    Raises:
        InputError: no mobile atoms, or the folder belongs to another run.
        RunStoppedError: a check or LAMMPS failed; the message gives the reason.
    """
    if settings.mobile not in atoms.symbols:
        raise InputError(f"the structure {atoms.symbols} contains no {settings.mobile}")
    workdir = Path(workdir).resolve()
    workdir.mkdir(parents=True, exist_ok=True)
    commands = (
        list(pair_commands)
        if pair_commands
        else _pair_commands(atoms, mtp_path, active_set_path, workdir, settings.precision)
    )
    with exclusive_lock(workdir / "lock", f"another process is running molecular dynamics in {workdir}; wait for it"):
        _claim(workdir, _identity(atoms, settings, commands, mtp_path))
        summary_path, trajectory = workdir / "summary.json", workdir / "trajectory.bin"
        if not _is_long_enough(summary_path, settings):
            summary = _run_stages(atoms, settings, workdir, commands)
            if not summary["complete"]:
                return MDRun(trajectory, summary)
            _write_json(summary_path, summary)
        return MDRun(trajectory, json.loads(summary_path.read_text()))


def _is_long_enough(summary_path: Path, settings: MDSettings) -> bool:
    if not summary_path.is_file():
        return False
    steps = json.loads(summary_path.read_text())["produced_ps"] * 1000 / settings.timestep_fs
    return steps > settings.production_steps - 0.5


def _run_stages(atoms: Atoms, settings: MDSettings, workdir: Path, commands: list[str]) -> dict:
    deadline = None if settings.wall_time_s is None else time.monotonic() + settings.wall_time_s
    equilibration = None
    if settings.equilibrate_steps:
        folder, steps = workdir / "equilibration", settings.equilibrate_steps
        equilibration = Equilibration(atoms, settings, folder, commands, deadline, steps)
        if not equilibration.run():
            return {"complete": False, "stage": "equilibration"}
    folder, steps = workdir / "production", settings.production_steps
    production = Production(atoms, settings, folder, commands, deadline, steps)
    complete = production.run(equilibration, workdir / "trajectory.bin")
    return {"complete": complete, "stage": "production"} | production.summary(equilibration is not None)


def _pair_commands(
    atoms: Atoms, mtp_path: Path | None, active_set_path: Path | None, workdir: Path, precision: str
) -> list[str]:
    if mtp_path is None:
        raise InputError("molecular dynamics needs a potential; give mtp_path, or pair_commands of LAMMPS")
    species = lammps_input.species_order(atoms)
    path = _name_in_stage(Path(mtp_path), workdir / "potential.mtp")
    if active_set_path is None:
        return lammps_pair_commands(path, species, precision=precision)
    active_set, dump = _name_in_stage(Path(active_set_path), workdir / "active_set.txt"), f"../{EXTRAPOLATING}"
    return lammps_pair_commands(path, species, active_set, GRADE_EVERY, GRADE_SELECT, GRADE_BREAK, dump, precision)


def _name_in_stage(path: Path, link: Path) -> str:
    """Return the name of a file for LAMMPS, which runs in a folder of `workdir`."""
    found = ascii_name(path, link)
    return f"../{link.name}" if found == link else str(found)


def _identity(atoms: Atoms, settings: MDSettings, commands: list[str], mtp_path: Path | None) -> dict:
    """Return the inputs that determine the result; potentials are compared by content, not by path."""
    structure = hashlib.sha256(atoms.numbers.tobytes() + atoms.positions.tobytes() + atoms.cell.array.tobytes())
    potential = Path(mtp_path).read_bytes() if mtp_path else "\n".join(commands).encode()
    return {
        "settings": settings.physics(),
        "structure": structure.hexdigest(),
        "potential": hashlib.sha256(potential).hexdigest(),
        "boundary": str(atoms.info.get("boundary", "bulk")),
        "counts": dict(Counter(atoms.symbols)),
    }


def _claim(workdir: Path, identity: dict) -> None:
    path = workdir / "run.json"
    if not path.is_file():
        _write_json(path, identity)
        return
    present = json.loads(path.read_text())
    different = [key for key in identity if present.get(key) != identity[key]]
    if different:
        raise InputError(
            f"{workdir} holds another run (different {', '.join(different)}); give a new folder or delete this one"
        )


def _write_json(path: Path, data: dict) -> None:
    """Write JSON; numbers of numpy are converted."""
    write_text(path, json.dumps(data, indent=1, default=float) + "\n")
