"""Cells and potentials out of range are refused with the numbers; Ctrl-C stops long work within a second."""

import signal
import time

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from potential_examples import labelled, random_cell, random_potential

from argyro.platform.common.errors import InputError
from argyro.platform.potential.fitting.fit import train
from argyro.platform.potential.fitting.options import TrainingOptions
from argyro.platform.potential.mtp.model import MTP
from argyro.platform.potential.native import _kernel


def pair(cell, pbc=True):
    return Atoms("LiS", positions=[[0, 0, 0], [2, 0, 1.5]], cell=cell, pbc=pbc)


@pytest.mark.parametrize(
    ("cell", "cutoff_A", "message"),
    [
        (0.001 * np.eye(3), 5.0, r"an atom has about 1\.0472e\+12 neighbours within the cutoff of 5 Å, at most 10000"),
        ([[5, 0, 0], [4.9999999, 1e-5, 0], [0, 0, 5]], 5.0, r"about 4\.18879e\+06 neighbours"),
        (5 * np.eye(3), 1000.0, r"about 6\.70206e\+07 neighbours within the cutoff of 1000 Å"),
        ([[5, 0, 0], [4e6, 5, 0], [0, 0, 5]], 5.0, "so flat or skewed that .* reduce it first"),
    ],
)
def test_too_many_neighbours_are_refused_at_once(cell, cutoff_A, message):
    started = time.process_time()
    with pytest.raises(InputError, match=message):
        random_potential(4, ("Li", "S"), cutoff_A=cutoff_A).evaluate(pair(cell))
    assert time.process_time() - started < 1.0


def test_neighbours_are_counted_where_the_density_says_nothing():
    """A dense wire, periodic along x only: 2 x 10 Å hold 20 000 images of an atom."""
    wire = Atoms("Li", cell=[0.001, 0, 0], pbc=(True, False, False))
    with pytest.raises(InputError, match=r"atom 0 has (19998|19999|20000) neighbours"):
        random_potential(4, ("Li",), cutoff_A=10.0).evaluate(wire)


def test_the_limit_itself_is_allowed():
    atoms = bulk("Li", "fcc", a=3.0, cubic=True)
    cutoff_A = (9000 / (4 / 27) * 3 / (4 * np.pi)) ** (1 / 3)
    frame = random_potential(2, ("Li",), cutoff_A=cutoff_A).frame(atoms)
    assert 4 * 8500 < frame.pairs < 4 * _kernel.MAX_NEIGHBOURS


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"species": ["Li", "Rf"]}, "'Rf' is not a chemical symbol from H to Lr"),
        ({"species": ["Li", "X"]}, "'X' is not a chemical symbol"),
        ({"species": ["Li", "Li"]}, "the species Li is named twice"),
        ({"zbl_outer_A": [1.0, np.nan, np.nan, 1.0]}, "repulsion radius"),
        ({"zbl_outer_A": [1.0, -1.0, -1.0, 1.0]}, "must lie between 0 and max_dist"),
        ({"zbl_outer_A": [1.0, 9.0, 9.0, 1.0]}, r"is 9 Å; it must lie between 0 and max_dist, 5 Å"),
        ({"cutoff_A": 1e300}, r"max_dist is 1e\+300 Å; it must not exceed 1000 Å"),
    ],
)
def test_potentials_out_of_range_are_refused_when_made(change, message):
    parameters = random_potential(4, ("Li", "S")).kernel.parameters
    for name, value in change.items():
        setattr(parameters, name, value)
    with pytest.raises(InputError, match=message):
        MTP(parameters)


def test_results_that_are_not_finite_name_the_structure():
    parameters = random_potential(8, ("Li", "S")).kernel.parameters
    parameters.scaling = 1e308
    mtp = MTP(parameters)
    with pytest.raises(InputError, match=r"no finite \w+ for LiS"):
        mtp.evaluate(pair(5 * np.eye(3)))
    with pytest.raises(InputError, match="no finite basis function for LiS"):
        mtp.basis(pair(5 * np.eye(3)))
    with pytest.raises(InputError, match="no atoms"):
        mtp.evaluate(Atoms(cell=5 * np.eye(3), pbc=True))


def test_training_from_a_damaged_potential_is_refused():
    teacher = random_potential(4, ("Li", "S"))
    frames = [labelled(random_cell(4, ("Li", "S"), seed=seed), teacher) for seed in range(3)]
    parameters = random_potential(8, ("Li", "S")).kernel.parameters
    parameters.scaling = 1e308
    with pytest.raises(InputError, match="not finite"):
        train(frames, MTP(parameters), TrainingOptions(max_iterations=2))


class _Asked(Exception):
    pass


def interrupted_share(work):
    """CPU time of a call that a signal reaches after 5 % of its usual CPU time, as a share of that time."""

    def ask(*_):
        raise _Asked

    started = time.process_time()
    work()
    usual = time.process_time() - started
    before = signal.signal(signal.SIGVTALRM, ask)
    started = time.process_time()
    signal.setitimer(signal.ITIMER_VIRTUAL, 0.05 * usual)
    try:
        with pytest.raises(_Asked):
            work()
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
    return (time.process_time() - started) / usual


@pytest.fixture(scope="module")
def slow():
    """An evaluation of half a second: level 20, 250 neighbours of each of 11 000 atoms."""
    mtp = random_potential(20, ("Li",), cutoff_A=12.0)
    atoms = bulk("Li", "fcc", a=4.9, cubic=True).repeat(14)
    return mtp, mtp.frame(atoms), atoms


@pytest.mark.parametrize("threads", [1, 2])
def test_an_evaluation_ends_soon_after_a_signal(slow, threads):
    mtp, frame, _ = slow
    assert interrupted_share(lambda: mtp.kernel.compute(frame, True, False, threads)) < 0.75


def test_a_neighbour_search_ends_soon_after_a_signal(slow):
    mtp, _, atoms = slow
    assert interrupted_share(lambda: mtp.frame(atoms)) < 0.75


@pytest.mark.parametrize("threads", [1, 2])
def test_training_ends_soon_after_a_signal(threads):
    teacher = random_potential(8, ("Li", "S"))
    frames = [labelled(random_cell(6, ("Li", "S"), seed=seed).repeat(3), teacher) for seed in range(6)]
    start, options = MTP.untrained(("Li", "S"), 12, 5.0, 1.5), TrainingOptions(max_iterations=15, threads=threads)
    assert interrupted_share(lambda: train(frames, start, options)) < 0.75
