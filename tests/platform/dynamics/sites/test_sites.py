from dataclasses import replace

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.io import write
from ase.io.cube import read_cube
from walkers import brownian

from argyro.platform.common.errors import InputError
from argyro.platform.dynamics.diffusion.report import load
from argyro.platform.dynamics.sites.density import density_A3, plot_density, write_density_cube
from argyro.platform.dynamics.sites.jump_rates import jump_rates
from argyro.platform.dynamics.sites.li_sites import crystal_cells, lithium_sites, occupied_sites
from argyro.platform.dynamics.sites.rdf import radial_distributions, radial_mismatch
from argyro.platform.dynamics.trajectories.trajectory import Trajectory
from argyro.platform.structures.crystal.bulk import build_bulk

LATTICE_A = 9.8614


@pytest.mark.parametrize("cells", [(1, 1, 1), (2, 1, 1)])
def test_the_sites_are_those_of_the_crystal(cells):
    """48 sites a cell in 24 pairs of 1.87 Å and 4 cages of 12, cage centres 7.0 Å apart."""
    sites, count = lithium_sites(cells), int(np.prod(cells))
    assert len(sites.fractional) == 48 * count
    assert len(np.unique(sites.pair)) == 24 * count
    np.testing.assert_array_equal(np.bincount(sites.cage), 12)
    for pair in np.unique(sites.pair):
        one, other = np.flatnonzero(sites.pair == pair)
        apart = sites.fractional[one] - sites.fractional[other]
        assert np.linalg.norm((apart - np.round(apart)) * cells) * LATTICE_A == pytest.approx(1.87, abs=0.03)
        assert sites.cage[one] == sites.cage[other]


def hopping(sites, rates_per_ps, frames=4000, ions=24, interval_ps=0.1, seed=0):
    """Ions that hop between pairs, cages and cage neighbours at known rates, vibrating by 0.15 Å."""
    random, cell = np.random.default_rng(seed), np.eye(3) * LATTICE_A
    number = random.integers(48, size=ions)
    unwrapped = sites.fractional[number].copy()
    positions = np.empty((frames, ions, 3))
    chance = np.array(rates_per_ps) * interval_ps
    for frame in range(frames):
        draw = random.random(ions)
        for ion in range(ions):
            kind = int(np.searchsorted(np.cumsum(chance), draw[ion]))
            if kind < 3:
                here = number[ion]
                targets = (
                    (sites.pair == sites.pair[here]) & (np.arange(48) != here),
                    (sites.cage == sites.cage[here]) & (sites.pair != sites.pair[here]),
                    sites.cage != sites.cage[here],
                )[kind]
                there = random.choice(np.flatnonzero(targets))
                apart = sites.fractional[there] - sites.fractional[here]
                unwrapped[ion] += apart - np.round(apart)
                number[ion] = there
        positions[frame] = unwrapped @ cell + 0.15 * random.normal(size=(ions, 3))
    times = np.arange(frames) * interval_ps
    return Trajectory(positions, np.zeros((frames, 3)), times, cell, {"Li": ions, "P": 4})


def test_the_rates_of_known_hops_come_back():
    sites, truth = lithium_sites((1, 1, 1)), (0.2, 0.1, 0.02)
    rates = jump_rates(hopping(sites, truth), sites)
    for kind, value in zip(("pair", "cage", "between"), truth, strict=True):
        assert getattr(rates, kind).value == pytest.approx(value * 1000, rel=0.12)
    assert rates.between.low <= 20.0 <= rates.between.high
    assert rates.to_json()["jumps"][0] > rates.to_json()["jumps"][2]


def test_a_vibrating_crystal_does_not_jump_and_says_how_rarely():
    sites = lithium_sites((1, 1, 1))
    rates = jump_rates(hopping(sites, (0, 0, 0), frames=200), sites)
    assert rates.jumps == (0, 0, 0)
    assert rates.between.high == pytest.approx(3.689 / (24 * 0.0199), rel=1e-3)


def test_coarse_frames_are_refused():
    with pytest.raises(InputError, match="miss jumps"):
        jump_rates(brownian([1.0] * 3, interval_ps=0.5), lithium_sites((1, 1, 1)))


# Sites of the 52-atom cell in its own units, labelled by hand: cage around 4c at (1/4, 1/4, 1/4), two sites of one
# close pair, one of another pair of the cage, and one of the cage around (1/4, -1/4, -1/4).
BY_HAND = {
    "A": (0.183, 0.183, 0.020),
    "A'": (0.317, 0.317, 0.020),
    "B": (0.020, 0.183, 0.183),
    "C": (0.183, -0.183, -0.020),
}
# One letter every ten frames; a visit of one frame (in parentheses below) is a recrossing and no jump.
WALKS = (["A", "A'", "A", "B", "B", "A"], ["A", "C", "C", "C", "A", "A"], ["B", "B", "B", "B", "B", "B"])
PAIRS, WITHIN, BETWEEN = 2, 2, 2


@pytest.mark.parametrize(
    "formula", ["Li6.25P0.75Si0.25S5Br", "Li6.5P0.5Ge0.5S5I", "Li6PS4.5Se0.5Br", "Li5.5PS4.5Cl1.5", "Li6.5P0.5Sn0.5S5I"]
)
def test_hand_labelled_frames_of_substituted_cells_give_their_jumps(formula, tmp_path):
    """Three Li in a built cell, vibrating framework and a drift of the whole crystal, read from a file."""
    built = build_bulk(formula, 0.25, (2, 1, 1), seed=3)
    framework, random = built[np.array(built.get_chemical_symbols()) != "Li"], np.random.default_rng(1)
    lattice_A, frames = built.cell.lengths()[1], []
    for number in range(60):
        letters = [walk[number // 10] for walk in WALKS]
        if number == 25:
            letters[2] = "A"  # (a recrossing)
        sites = lattice_A * np.array([BY_HAND[letter] for letter in letters])
        atoms = Atoms("Li3", sites, cell=built.cell, pbc=True) + framework
        atoms.positions += [0.01 * number, 0.0, 0.0] + 0.1 * random.normal(size=(len(atoms), 3))
        atoms.wrap()
        frames.append(atoms)
    write(tmp_path / "run.extxyz", frames)
    run = load([tmp_path / "run.extxyz"], 100.0)
    assert jump_rates(run, occupied_sites(run)).jumps == (PAIRS, WITHIN, BETWEEN)


def test_the_density_counts_every_ion_at_its_place(tmp_path):
    times, cell = np.arange(60) * 0.1, np.array([[10.0, 0, 0], [2.0, 9.0, 0], [0, 0, 12.0]])
    positions = np.zeros((60, 2, 3)) + np.array([[0.5, 0.5, 0.25], [0.1, 0.9, 0.75]]) @ cell + [10.0, 0, 12.0]
    drift = times[:, None] * [1.0, 0, 0]
    trajectory = Trajectory(positions + drift[:, None], drift, times, cell, {"Li": 2, "P": 1})
    grid = density_A3(trajectory, spacing_A=0.5)
    assert grid.mean() == pytest.approx(2 / (10 * 9 * 12), rel=1e-6)
    peak = np.array(np.unravel_index(np.argmax(grid), grid.shape)) / grid.shape
    assert np.abs(peak - [0.5, 0.5, 0.25]).max() < 0.06 or np.abs(peak - [0.1, 0.9, 0.75]).max() < 0.06
    write_density_cube(tmp_path / "li.cube", Atoms("P", cell=cell), grid)
    with (tmp_path / "li.cube").open() as stream:
        np.testing.assert_allclose(read_cube(stream)["data"], grid, atol=1e-5)
    plot_density(grid, cell, tmp_path / "li.png")
    assert (tmp_path / "li.png").stat().st_size > 1000


def one_pair(frames, first, second):
    distances, values = radial_distributions(frames, [(first, second)])
    return distances, values[first, second]


def test_the_shells_of_fcc_are_found_and_an_ideal_gas_has_none():
    crystal = bulk("Ar", "fcc", a=5.43, cubic=True).repeat(3)
    distances, values = one_pair([crystal], "Ar", "Ar")
    shells = distances[values > 1.0]
    np.testing.assert_allclose(shells, [5.43 / np.sqrt(2), 5.43], atol=0.03)
    # coordination number 12: Σ g ρ 4π r² dr
    inner = distances < 4.5
    density = len(crystal) / crystal.get_volume()
    assert (values * 4 * np.pi * distances**2 * 0.05)[inner].sum() * density == pytest.approx(12.0, rel=1e-3)
    random = np.random.default_rng(0)
    gas = [Atoms("Li300", random.random((300, 3)) * 20, cell=np.eye(3) * 20, pbc=True) for _ in range(10)]
    distances, flat = one_pair(gas, "Li", "Li")
    np.testing.assert_allclose(flat[distances > 4.0], 1.0, atol=0.2)
    assert radial_mismatch(flat, flat) == 0.0
    assert radial_mismatch(values, flat) > 0.5
    with pytest.raises(InputError, match="no pair Li-S"):
        one_pair(gas, "Li", "S")


def test_supercells_are_counted_and_what_is_none_is_refused():
    walk = brownian([1.0] * 3)
    whole = replace(walk, cell_A=np.diag([20.0, 10.0, 30.0]), counts={"Li": 144, "P": 24})
    assert crystal_cells(whole) == (2, 1, 3)
    for changes in ({"cell_A": np.diag([24.0, 10.0, 25.0])}, {"counts": {"Li": 144}}):
        with pytest.raises(InputError, match="not a bulk supercell"):
            crystal_cells(replace(whole, **changes))


def test_ions_that_do_not_sit_on_the_sites_are_refused():
    times, random = np.arange(60) * 0.1, np.random.default_rng(0)
    gas = Trajectory(random.random((60, 24, 3)) * 10, np.zeros((60, 3)), times, np.eye(3) * 10, {"Li": 24, "P": 4})
    with pytest.raises(InputError, match="as far as random positions"):
        occupied_sites(gas)


def test_the_inverted_crystal_is_recognised():
    """Both settings have sites at nearly the same places; a hop within a cage of one leaves the cage of the other."""
    sites = lithium_sites((1, 1, 1))
    walk = hopping(sites, (0.2, 0.1, 0.0), frames=1000)
    mirrored = replace(walk, positions_A=-np.asarray(walk.positions_A))
    for run in (walk, mirrored):
        rates = jump_rates(run, occupied_sites(run))
        assert rates.jumps[2] == 0 and rates.jumps[1] > 100


def test_a_folded_density_is_that_of_one_cell():
    times = np.arange(50) * 0.1
    positions = np.zeros((50, 2, 3)) + np.array([[1.0, 2.0, 3.0], [11.0, 2.0, 3.0]])
    twice = Trajectory(positions, np.zeros((50, 3)), times, np.diag([20.0, 10, 10]), {"Li": 2, "P": 8})
    grid = density_A3(twice, folded=(2, 1, 1))
    assert grid.shape[0] == grid.shape[1]
    assert grid.mean() == pytest.approx(1 / 1000)
    np.testing.assert_allclose(
        np.array(np.unravel_index(np.argmax(grid), grid.shape)) / len(grid), [0.1, 0.2, 0.3], atol=0.05
    )
