import os
from pathlib import Path

import pytest

from argyro.platform.common.errors import InputError
from argyro.platform.potential.native.lammps_commands import lammps_command, lammps_environment, lammps_pair_commands
from argyro.platform.potential.native.lammps_plugin import load_path


def test_plain_run():
    assert lammps_pair_commands("pot.mtp", ["Li", "P", "S", "Cl"]) == [
        "pair_style mtp",
        "pair_coeff * * pot.mtp Li P S Cl",
    ]


def test_graded_run():
    lines = lammps_pair_commands(
        "pot.mtp", ["Li"], active_set_path="a set", grade_every=10, select=2.0, break_=5, dump="selected.xyz"
    )
    assert lines[0] == 'pair_style mtp grade "a set" every 10 select 2.0 break 5 dump selected.xyz'


def test_inputs_that_make_no_sense_are_refused():
    with pytest.raises(InputError, match="select needs an active set"):
        lammps_pair_commands("pot.mtp", ["Li"], select=2.0)
    with pytest.raises(InputError, match="needs grade_every"):
        lammps_pair_commands("pot.mtp", ["Li"], active_set_path="set")
    with pytest.raises(InputError, match="need a file"):
        lammps_pair_commands("pot.mtp", ["Li"], active_set_path="set", grade_every=1, select=2.0)
    with pytest.raises(InputError, match="double quotes"):
        lammps_pair_commands('a"b.mtp', ["Li"])


def test_environment_adds_folders_once_and_leaves_the_callers_alone(monkeypatch):
    monkeypatch.setenv("LAMMPS_PLUGIN_PATH", f"/elsewhere:{load_path()}")
    environment = lammps_environment(threads=3)
    assert environment["LAMMPS_PLUGIN_PATH"] == f"{load_path()}:/elsewhere"
    assert environment["OMP_NUM_THREADS"] == "3"
    assert (Path(environment["LD_LIBRARY_PATH"].split(":")[0]) / "libmpi.so.12").exists()
    assert os.environ["LAMMPS_PLUGIN_PATH"].startswith("/elsewhere")


def test_command_for_one_process_for_ranks_and_for_a_launcher():
    assert len(lammps_command()) == 1
    assert lammps_command(ranks=2)[1:3] == ["-n", "2"]
    assert lammps_command(ranks=2, lammps="/opt/lmp", launcher="srun -n 16") == ["srun", "-n", "16", "/opt/lmp"]
