"""Site disorder: the geometry reproduces the requested value, also for quasirandom arrangements."""

import numpy as np
import pytest

from argyro.platform.common.conductivity import lithium_per_A3
from argyro.platform.common.errors import InputError
from argyro.platform.structures import build_boundary, build_bulk
from argyro.platform.structures.crystal.composition import Composition
from argyro.platform.structures.crystal.lattice_sites import bulk_skeleton
from argyro.platform.structures.crystal.site_occupancy import free_anions, nearest_counts
from argyro.platform.structures.crystal.sqs import quasirandom, statistics
from argyro.platform.structures.disorder_analysis import free_anion_disorder, free_anion_sites


@pytest.mark.parametrize("composition", ["Li6PS5Cl", "Li6PS5Br0.5I0.5", "Li5.5PS4.5Cl1.5", "Li6.5PS5.5Br0.5"])
@pytest.mark.parametrize("disorder", [0.0, 0.25, 0.5, 1.0])
def test_classifier_recovers_the_disorder_put_in(composition, disorder):
    atoms = build_bulk(composition, disorder, (2, 2, 1), seed=5)
    atoms.rattle(0.15, seed=1)
    assert free_anion_disorder(atoms) == pytest.approx(atoms.info["realised_disorder"])
    assert atoms.info["realised_disorder"] == pytest.approx(disorder)


def test_classifier_agrees_with_the_sites_at_boundaries():
    atoms = build_boundary("Li6PS5Cl", 0.5, "sigma5(001)[001]", 1.5)
    free, site = free_anion_sites(atoms)
    assert np.array_equal(site, atoms.arrays["site"][free])
    assert [free_anion_disorder(atoms, grain) for grain in (0, 1)] == pytest.approx([0.5, 0.5])


def test_no_halide_no_disorder():
    with pytest.raises(InputError, match="no site disorder"):
        free_anion_disorder(build_bulk("Li7PS6"))


def test_nearest_realisable_disorder_is_reported():
    atoms = build_bulk("Li6PS5Cl0.6Br0.4", 0.3)
    assert atoms.info["disorder"] == 0.3 and atoms.info["realised_disorder"] == 0.25
    assert atoms.info["realised_composition"] == "Li6PS5Cl0.5Br0.5"


def test_quasirandom_brings_pairs_nearer_to_chance_and_keeps_the_numbers():
    skeleton, rng = bulk_skeleton(9.86, (2, 2, 2)), np.random.default_rng(0)
    random = free_anions(nearest_counts(Composition.parse("Li6PS5Cl0.5Br0.5"), 32), 0.5, rng)
    place = (skeleton.free, skeleton.cell, 9.86)
    better = quasirandom(random, *place, rng)
    before, after = (pairs.misfit(pairs.counts) for pairs in (statistics(e, *place) for e in (random, better)))
    assert after < 0.1 * before
    for column in (0, 1):
        assert sorted(random[:, column]) == sorted(better[:, column])


def test_exchanges_keep_the_pair_statistics_exact():
    skeleton, rng = bulk_skeleton(9.86, (2, 1, 1)), np.random.default_rng(1)
    elements = free_anions(nearest_counts(Composition.parse("Li6PS5Cl"), 8), 0.5, rng)
    pairs = statistics(elements, skeleton.free, skeleton.cell, 9.86)
    for first, second in ((0, 4), (1, 5), (3, 9), (2, 14)):
        pairs.exchange(first, second, pairs.after(first, second))
        flat = elements.reshape(-1)
        flat[[first, second]] = flat[[second, first]]
        fresh = statistics(flat.reshape(-1, 2), skeleton.free, skeleton.cell, 9.86)
        assert np.allclose(pairs.counts, fresh.counts)


def test_quasirandom_cells_keep_composition_and_disorder():
    atoms = build_bulk("Li6PS5Cl", 0.5, (2, 1, 1), arrangement="quasirandom")
    assert free_anion_disorder(atoms) == pytest.approx(0.5)
    with pytest.raises(InputError, match="use one of random, quasirandom"):
        build_bulk("Li6PS5Cl", arrangement="sqs")


def test_li_density_of_the_ordered_crystal():
    assert lithium_per_A3(build_bulk("Li6PS5Cl")) == pytest.approx(24 / 9.8614**3)
