"""Molecular dynamics of a Lennard-Jones crystal that calls a quarter of its atoms Li: fast, a test of the driver."""

import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from argon import PAIR, SETTINGS, crystal
from ase.build import bulk

from argyro.platform.common.errors import ArgyroError, InputError
from argyro.platform.dynamics.md.run_monitor import PotentialFailedError, RunStoppedError, Watch
from argyro.platform.dynamics.md.settings import MDSettings
from argyro.platform.dynamics.md.simulation import run_md
from argyro.platform.dynamics.trajectories.trajectory import Trajectory
from argyro.platform.structures.crystal.bulk import build_bulk


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    workdir = tmp_path_factory.mktemp("run")
    return run_md(crystal(), None, SETTINGS, workdir, pair_commands=PAIR), workdir


def test_a_run_gives_a_trajectory_and_a_summary(finished):
    run, _ = finished
    assert run.complete
    trajectory = Trajectory.read(run.trajectory)
    assert trajectory.frames == 81
    assert trajectory.ions == 27
    assert trajectory.interval_ps == pytest.approx(0.1)
    np.testing.assert_allclose(trajectory.cell_A, run.summary["cell_A"], rtol=1e-6)
    assert run.summary["temperature_K"] == pytest.approx(60.0, rel=0.05)
    assert abs(run.summary["pressure_GPa"]) < 0.05
    # a crystal: Li stay at their sites relative to the framework
    assert np.abs(trajectory.relative_A() - trajectory.relative_A()[0]).max() < 2.5


def test_the_same_call_returns_what_is_finished_and_another_is_refused(finished):
    run, workdir = finished
    made = {path: path.stat().st_mtime_ns for path in workdir.glob("*/log.*")}
    assert made
    again = run_md(crystal(), None, SETTINGS, workdir, pair_commands=PAIR)
    assert {path: path.stat().st_mtime_ns for path in made} == made
    assert again.summary == run.summary
    with pytest.raises(InputError, match=r"holds another run \(different settings\)"):
        run_md(crystal(), None, replace(SETTINGS, temperature_K=70.0), workdir, pair_commands=PAIR)
    with pytest.raises(InputError, match="different structure"):
        run_md(crystal(2), None, SETTINGS, workdir, pair_commands=PAIR)


SCRIPT = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from dataclasses import replace
from argon import PAIR, SETTINGS, crystal
from argyro.platform.dynamics.md.simulation import run_md
run_md(crystal(), None, replace(SETTINGS, production_ps=60.0), Path(sys.argv[2]), pair_commands=PAIR)
"""


def test_a_killed_run_ends_as_an_unbroken_one(tmp_path):
    here, trajectory = Path(__file__).parents[1], tmp_path / "trajectory.bin"
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, here, str(tmp_path)])
    while process.poll() is None and not (trajectory.is_file() and trajectory.stat().st_size > 60_000):
        time.sleep(0.02)
    assert process.poll() is None, "the run ended before it could be killed"
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = Trajectory.read(trajectory).frames
    run = run_md(crystal(), None, replace(SETTINGS, production_ps=60.0), tmp_path, pair_commands=PAIR)
    assert run.complete and run.summary["pieces"] == 2
    unbroken = run_md(crystal(), None, replace(SETTINGS, production_ps=60.0), tmp_path / "again", pair_commands=PAIR)
    after, expected = Trajectory.read(trajectory), Trajectory.read(unbroken.trajectory)
    assert 0 < before < after.frames == expected.frames == 601
    np.testing.assert_array_equal(after.positions_A[:], expected.positions_A[:])
    assert run.summary | {"pieces": 1} == unbroken.summary


def test_wall_time_ends_a_run_that_the_same_call_continues(tmp_path):
    settings = replace(SETTINGS, production_ps=300.0, wall_time_s=2.0)
    first = run_md(crystal(), None, settings, tmp_path, pair_commands=PAIR)
    assert not first.complete
    assert 0 < first.summary["produced_ps"] < 300.0
    second = run_md(crystal(), None, settings, tmp_path, pair_commands=PAIR)
    assert second.summary["produced_ps"] > first.summary["produced_ps"]
    steps = np.linalg.norm(np.diff(Trajectory.read(second.trajectory).relative_A(), axis=0), axis=2)
    assert steps.max() < 1.5


def test_a_folder_in_use_is_refused(tmp_path):
    from argyro.platform.execution.atomic_files import exclusive_lock

    with exclusive_lock(tmp_path / "lock", ""), pytest.raises(ArgyroError, match="another process is running"):
        run_md(crystal(), None, SETTINGS, tmp_path, pair_commands=PAIR)


def test_lammps_failures_come_with_its_message(tmp_path):
    with pytest.raises(RunStoppedError, match=r"LAMMPS ended with status 1.*nonsense"):
        run_md(crystal(2), None, SETTINGS, tmp_path, pair_commands=["pair_style nonsense"])


POTENTIALS = Path(__file__).parents[4] / "campaigns" / "reference" / "potentials"


@pytest.mark.parametrize("name", ["Föhn", "日本 a"])
def test_folders_may_have_letters_beyond_ascii(name, tmp_path):
    """LAMMPS replaces such letters in its input: potential, active set and dump have other names there."""
    folder = tmp_path / name
    folder.mkdir()
    files = [Path(shutil.copy(POTENTIALS / f"Cl-Li-P-S.{end}", folder)) for end in ("mtp", "active_set.txt")]
    short = MDSettings(temperature_K=500.0, equilibrate_ps=0.02, production_ps=0.04, frame_every_fs=10.0)
    run = run_md(build_bulk("Li6PS5Cl", 0.5), files[0], short, folder / "run", active_set_path=files[1])
    assert Trajectory.read(run.trajectory).frames == 5


def test_fused_atoms_are_the_potentials_failure(tmp_path):
    potential = POTENTIALS / "Cl-Li-P-S.mtp"
    fused = build_bulk("Li6PS5Cl", 0.0)
    fused.positions[1] = fused.positions[0] + [0.2, 0.0, 0.0]
    with pytest.raises(PotentialFailedError, match=r"0\.200 Å apart"):
        run_md(fused, potential, SETTINGS, tmp_path)


def test_a_hot_run_is_stopped_with_the_reason(tmp_path):
    squeezed = crystal(2)
    squeezed.set_cell(squeezed.cell * 0.75, scale_atoms=True)
    with pytest.raises(RunStoppedError, match=r"temperature is .* instead of 60 K|volume is"):
        run_md(squeezed, None, SETTINGS, tmp_path, pair_commands=["pair_style lj/cut 8.0", "pair_coeff * * 0.5 4.0"])


def test_a_run_that_falls_into_a_hole_of_its_potential_is_stopped(tmp_path):
    """A dilute cell collapses into droplets ten times as bound as argon; the thermostat holds the temperature."""
    dilute = crystal(2)
    dilute.set_cell(dilute.cell * 1.25, scale_atoms=True)
    settings = replace(SETTINGS, temperature_K=100.0, equilibrate_ps=0.0, production_ps=20.0)
    with pytest.raises(PotentialFailedError, match="the mean energy fell by"):
        run_md(dilute, None, settings, tmp_path, pair_commands=["pair_style lj/cut 8.0", "pair_coeff * * 0.12 3.4"])


def test_the_cell_of_a_boundary_relaxes_along_z_and_in_the_plane_apart(tmp_path):
    atoms = crystal(2)
    atoms.set_cell(atoms.cell * [1.04, 1.04, 0.96], scale_atoms=True)
    atoms.info["boundary"] = "sigma5(001)[001]"
    cell = np.diag(
        run_md(atoms, None, replace(SETTINGS, equilibrate_ps=10.0), tmp_path, pair_commands=PAIR).summary["cell_A"]
    )
    assert cell[0] == pytest.approx(cell[1], rel=1e-6)
    start = atoms.cell.lengths()
    assert cell[0] / cell[2] < 0.97 * start[0] / start[2]


def test_tilted_cells_run(tmp_path):
    atoms = bulk("Ar", "fcc", a=5.4).repeat(6)
    symbols = np.array(atoms.get_chemical_symbols())
    symbols[::4] = "Li"
    atoms.set_chemical_symbols(symbols)
    run = run_md(atoms, None, SETTINGS, tmp_path, pair_commands=PAIR)
    assert run.complete
    assert run.summary["volume_A3"] == pytest.approx(atoms.get_volume(), rel=0.1)


def row(**changes):
    return {"Step": 100.0, "Temp": 300.0, "Volume": 1000.0, "c_fewest": 4.0} | changes


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([row(Temp=float("nan"))], "not a number"),
        ([row(Temp=901.0)], "901 K instead of 300 K"),
        ([row(Temp=500.0)] * 20, "mean temperature is 500 K"),
        ([row(Volume=2010.0)], "volume is 2.01 of the initial one"),
        ([row(Volume=1400.0)] * 20, "mean volume is 1.40 of the initial one"),
        ([row(c_fewest=3.0)] * 21, "lost a chalcogen"),
        ([row(PotEng=-1600.0)] * 30 + [row(PotEng=-1640.0)] * 20, "untrained region of the potential"),
    ],
)
def test_the_watch_stops_a_run_with_the_reason(rows, reason):
    watch = Watch(300.0, 1000.0, 400)
    with pytest.raises(RunStoppedError, match=reason):
        for line in rows:
            watch.look(line)


def test_the_watch_tolerates_fluctuations():
    watch = Watch(300.0, 1000.0, 52)
    random = np.random.default_rng(0)
    for _ in range(2000):
        energy_eV = -200 + 0.0259 * np.sqrt(1.5 * 52) * random.normal()
        temperature_K = 300.0 * (1 + random.normal() * np.sqrt(2 / 156))
        watch.look(row(Temp=temperature_K, c_fewest=random.choice([3.0, 4.0]), PotEng=energy_eV))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"temperature_K": 0.0}, "temperature_K must be positive"),
        ({"equilibrate_ps": -1.0}, "must not be negative"),
        ({"frame_every_fs": 101.0}, "must be a multiple of the time step of 2.0 fs"),
    ],
)
def test_impossible_settings_are_refused(changes, message):
    with pytest.raises(InputError, match=message):
        replace(SETTINGS, **changes)


def test_structures_without_li_or_without_a_potential_are_refused(tmp_path):
    with pytest.raises(InputError, match="contains no Li"):
        run_md(bulk("Ar"), None, SETTINGS, tmp_path, pair_commands=PAIR)
    with pytest.raises(InputError, match="needs a potential"):
        run_md(crystal(2), None, SETTINGS, tmp_path)


def test_the_thermostat_gives_canonical_kinetic_energies(tmp_path):
    settings = MDSettings(temperature_K=60.0, equilibrate_ps=10.0, production_ps=100.0, seed=3, frame_every_fs=200.0)
    summary = run_md(crystal(2), None, settings, tmp_path, pair_commands=PAIR).summary
    assert summary["kinetic_p_value"] > 0.001
    assert abs(summary["conserved_drift_meV_atom_ns"]) < 1.0
    assert summary["temperature_K"] == pytest.approx(60.0, rel=0.02)


def test_two_ranks_give_the_run_of_one(tmp_path, finished):
    run = run_md(crystal(), None, replace(SETTINGS, ranks=2), tmp_path / "two", pair_commands=PAIR)
    one = finished[0].summary
    assert run.summary["temperature_K"] == pytest.approx(one["temperature_K"], rel=0.05)
    assert run.summary["volume_A3"] == pytest.approx(one["volume_A3"], rel=0.01)
    log = (tmp_path / "two" / "production" / "log.0").read_text()
    assert "1 by 1 by 2 MPI processor grid" in log
