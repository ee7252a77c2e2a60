"""Molecular dynamics with LAMMPS: minimise, equilibrate, produce; resumable at any time.

The folder of a run holds the truth: `run.json` (what is computed), the newest restart files, `trajectory.bin` (mobile
ions), `production/snapshots.dump` (all atoms, each ps) and, when everything is done, `summary.json`. LAMMPS writes a
restart file about every 20 s and frames as they come: a run killed at any moment loses less than a minute.
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
from argyro.platform.dynamics.md.production import Production
from argyro.platform.dynamics.md.settings import MDSettings
from argyro.platform.execution.atomic_files import exclusive_lock, write_text
from argyro.platform.potential.native.lammps_commands import lammps_pair_commands

# Every second step: a hole is fallen through within ten, and it costs 4 to 7 % of a run (levels 8 to 16, r_c 5 Å).
# Learning breaks at 5 and adds labels; a production run may brush past that.
GRADE_EVERY, GRADE_BREAK = 2, 10.0
EXTRAPOLATING = "extrapolating.extxyz"


@dataclass(frozen=True)
class MDRun:
    """State of a run.

    Args:
        trajectory: compact file of the mobile ions, see `Trajectory.read`.
        summary: temperature, pressure, cell, speed; `complete` is False if the wall time ended the run.
    """

    trajectory: Path
    summary: dict

    @property
    def complete(self) -> bool:
        """Whether the whole production has been run; if not, the same call continues it."""
        return self.summary["complete"]


def run_md(
    atoms: Atoms,
    mtp_path: Path | None,
    settings: MDSettings,
    workdir: Path,
    active_set_path: Path | None = None,
    pair_commands: Sequence[str] | None = None,
) -> MDRun:
    """Run molecular dynamics, or continue it, or return what is finished in the folder.

    Args:
        atoms: periodic structure; with `info["boundary"]` other than "bulk" the cell relaxes along z and in the xy
            plane independently.
        mtp_path: moment tensor potential; None with `pair_commands`.
        settings: of the run.
        workdir: folder of this run and of no other; created if absent.
        active_set_path: grade the run and stop it above an extrapolation grade of 10; the offending frame goes to
            `extrapolating.extxyz` in the folder, for `platform.learning` to label.
        pair_commands: LAMMPS lines of another potential instead.

    Raises:
        InputError: no mobile atoms, or the folder belongs to another run.
        RunStoppedError: a check failed or LAMMPS did, with the reason.
    """
    if settings.mobile not in atoms.symbols:
        raise InputError(f"the structure {atoms.symbols} holds no {settings.mobile}", accepted=settings.mobile)
    workdir = Path(workdir).resolve()
    workdir.mkdir(parents=True, exist_ok=True)
    commands = list(pair_commands) if pair_commands else _pair_commands(atoms, mtp_path, active_set_path, workdir)
    with exclusive_lock(workdir / "lock", f"another process is running molecular dynamics in {workdir}; wait for it"):
        _claim(workdir, _identity(atoms, settings, commands, mtp_path))
        summary_path, trajectory = workdir / "summary.json", workdir / "trajectory.bin"
        if not summary_path.is_file():
            summary = _run_stages(atoms, settings, workdir, commands)
            if not summary["complete"]:
                return MDRun(trajectory, summary)
            _write_json(summary_path, summary)
        return MDRun(trajectory, json.loads(summary_path.read_text()))


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


def _pair_commands(atoms: Atoms, mtp_path: Path | None, active_set_path: Path | None, workdir: Path) -> list[str]:
    if mtp_path is None:
        raise InputError("molecular dynamics needs a potential", accepted="mtp_path, or pair_commands of LAMMPS")
    species = lammps_input.species_order(atoms)
    path = Path(mtp_path).resolve()
    if active_set_path is None:
        return lammps_pair_commands(path, species)
    active_set, dump = Path(active_set_path).resolve(), workdir / EXTRAPOLATING
    return lammps_pair_commands(path, species, active_set, GRADE_EVERY, GRADE_BREAK, GRADE_BREAK, dump)


def _identity(atoms: Atoms, settings: MDSettings, commands: list[str], mtp_path: Path | None) -> dict:
    """Collect what determines the result; potentials count by content, not by path."""
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
            f"{workdir} holds another run (different {', '.join(different)}); give a fresh folder or delete that one",
            path=str(workdir),
            given=different,
        )


def _write_json(path: Path, data: dict) -> None:
    """Write numbers of numpy, too."""
    write_text(path, json.dumps(data, indent=1, default=float) + "\n")
