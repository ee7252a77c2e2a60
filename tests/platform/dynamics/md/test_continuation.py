"""Runs of a Lennard-Jones fluid that lengthen themselves: real LAMMPS, a second or two each."""

from dataclasses import replace

import numpy as np
import pytest
from argon import PAIR
from ase.build import bulk
from walkers import brownian, caged

from argyro.platform.common.errors import InputError
from argyro.platform.dynamics.md.continuation import Until, judge, lengths_ps, run_until
from argyro.platform.dynamics.md.settings import MDSettings
from argyro.platform.dynamics.trajectories.trajectory import Trajectory

FLUID = MDSettings(temperature_K=200.0, equilibrate_ps=0.0, production_ps=6.0, timestep_fs=4.0, seed=2)


def fluid():
    atoms = bulk("Ar", "fcc", a=6.4, cubic=True).repeat(2)
    atoms.symbols[::2] = "Li"
    return atoms


def lengthened(workdir, until, settings=FLUID):
    return run_until(fluid(), None, settings, workdir, until, pair_commands=PAIR)


@pytest.mark.parametrize(("max_ps", "expected"), [(300.0, [100.0, 150.0, 225.0, 300.0]), (50.0, [100.0])])
def test_the_lengths_grow_to_the_budget(max_ps, expected):
    assert lengths_ps(100.0, Until(0.2, max_ps)) == expected


def test_a_run_ends_when_its_diffusivity_no_longer_depends_on_its_length(tmp_path):
    run, judgements = lengthened(tmp_path, Until(0.3, 600.0))
    last = judgements[-1]
    assert last.satisfies(Until(0.3, 600.0)) and not any(one.satisfies(Until(0.3, 600.0)) for one in judgements[:-1])
    assert 6.0 < last.length_ps < 600.0
    assert run.summary["produced_ps"] == pytest.approx(last.length_ps, abs=0.1)
    assert Trajectory.read(run.trajectory).duration_ps == pytest.approx(last.length_ps, abs=0.1)


def test_a_larger_budget_continues_the_same_run(tmp_path):
    strict = Until(0.01, 9.0)
    first, before = lengthened(tmp_path, strict)
    kept = np.array(Trajectory.read(first.trajectory).positions_A)
    second, after = lengthened(tmp_path, replace(strict, max_ps=20.0))
    longer = Trajectory.read(second.trajectory)
    assert [round(one.length_ps, 6) for one in after] == [6.0, 9.0, 13.5, 20.0]
    assert after[:2] == before
    np.testing.assert_array_equal(longer.positions_A[: len(kept)], kept)
    steps = np.linalg.norm(np.diff(longer.positions_A, axis=0), axis=2)
    assert steps[len(kept) - 1].max() < 1.5 * np.delete(steps, len(kept) - 1, axis=0).max()
    assert second.summary["pieces"] == 4


def test_a_run_ended_by_its_wall_time_continues_where_it_ended(tmp_path):
    until = Until(0.001, 1200.0)
    first, judgements = lengthened(tmp_path, until, replace(FLUID, wall_time_s=3.0))
    assert not first.complete and 0 < first.summary["produced_ps"] < 1200.0
    second, more = lengthened(tmp_path, until, replace(FLUID, wall_time_s=3.0))
    assert second.summary["produced_ps"] > first.summary["produced_ps"]
    assert more[: len(judgements)] == judgements


def test_caged_and_short_runs_are_not_satisfied():
    until = Until(0.3, 100.0)
    assert judge(brownian([2.0] * 3, frames=800, ions=200), 500.0, ("xyz",)).satisfies(until)
    assert judge(caged(), 500.0, ("xyz",)).standing == "bound"
    short = judge(brownian([0.1] * 3, frames=400, ions=200), 500.0, ("xyz",))
    assert short.standing == "short" and not short.satisfies(until)


def test_the_worst_direction_decides():
    walk = brownian([2.0, 2.0, 0.1], frames=400, ions=200)
    assert judge(walk, 500.0, ("xy",)).standing == "converged"
    assert judge(walk, 500.0, ("xy", "z")).standing == "short"


def test_an_impossible_error_is_refused():
    with pytest.raises(InputError, match="between 0 and 1"):
        Until(0.0, 100.0)
