"""All boundaries at several compositions pass all checks; grain interiors are bulk-like."""

from functools import lru_cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argyro.platform.common.errors import InputError
from argyro.platform.structures import build_boundary, check, list_boundaries
from argyro.platform.structures.boundaries.csl import parse_boundary
from argyro.platform.structures.boundaries.stacking_search import contact_stackings, ranked_stackings
from argyro.platform.structures.crystal.composition import Composition
from argyro.platform.structures.crystal.neighbours import close_distances
from argyro.platform.structures.disorder_analysis import free_anion_disorder
from argyro.platform.structures.orientation_profile import count_boundaries

ALL = [boundary.name for boundary in list_boundaries()]
SMALL = ["sigma3(-111)[110]", "sigma3(111)[111]", "sigma3(1-12)[110]", "sigma5(031)[100]", "sigma5(001)[001]"]


@lru_cache
def _contact(boundary, composition):
    """Return the densest state, without the Coulomb search, which has its own test."""
    return contact_stackings(parse_boundary(boundary), Composition.parse(composition).lattice_parameter_A)[0]


@pytest.mark.parametrize("boundary", ALL)
@pytest.mark.parametrize("composition", ["Li6PS5I", "Li6PS5Cl0.5Br0.5", "Li5.5PS4.5Cl1.5"])
def test_every_boundary_passes_all_checks(boundary, composition):
    options = {"min_width_nm": 0.6, "stacking": _contact(boundary, composition)}
    atoms = build_boundary(composition, 0.25, boundary, 0.8, **options)
    assert all(check(atoms).values()), check(atoms)


def exchangeable(atoms, grain):
    """Largest number of anions that can change places between 4a and 4c in a grain."""
    free = (atoms.arrays["grain"] == grain) & np.isin(atoms.arrays["site"], ["4a", "4c"])
    halides = int(np.isin(atoms.symbols[free], ["Cl", "Br", "I"]).sum())
    return min(halides, int(free.sum()) - halides, int(free.sum()) // 2)


@given(
    boundary=st.sampled_from(SMALL),
    composition=st.sampled_from(
        ["Li6PS5Cl", "Li6PS5Br0.7I0.3", "Li5.25PS4.25Cl1.75", "Li6.5P0.5Si0.5S5I", "Li6PSe5Br"]
    ),
    disorder=st.floats(0, 1),
    seed=st.integers(0, 2**31),
    thickness_nm=st.floats(0.8, 2.2),
)
@settings(max_examples=15, deadline=None, derandomize=True)
def test_right_by_construction(boundary, composition, disorder, seed, thickness_nm):
    options = {"min_width_nm": 0.6, "stacking": _contact(boundary, composition)}
    atoms = build_boundary(composition, disorder, boundary, thickness_nm, seed, **options)
    assert all(check(atoms).values()), check(atoms)
    assert atoms.info["grain_thickness_A"] >= 10 * thickness_nm - 1e-6
    assert count_boundaries(atoms) == 2
    for grain in (0, 1):
        nearest = 0.5 / exchangeable(atoms, grain) + 1e-6  # whole numbers of anions
        assert free_anion_disorder(atoms, grain) == pytest.approx(disorder, abs=max(0.13, nearest))


@pytest.mark.parametrize("boundary", ["sigma3(1-12)[110]", "sigma5(001)[001]"])
def test_grains_far_from_the_plane_are_bulk(boundary):
    atoms = build_boundary("Li6PS5Cl", 0.0, boundary, 2.4, min_width_nm=0.6, stacking=_contact(boundary, "Li6PS5Cl"))
    a, site, distance = 9.8614, atoms.arrays["site"], atoms.arrays["boundary_distance_A"]
    positions, cell = atoms.positions, atoms.cell[:]
    for first, second, cutoff, expected in (
        ("4b", "4b", 0.72, 12),
        ("4a", "4b", 0.51, 6),
        ("4c", "4b", 0.44, 4),
        ("4a", "4c", 0.44, 4),
        ("4a", "16e", 0.43, 4),
    ):
        i, _, _ = close_distances(positions[site == first], positions[site == second], cell, cutoff * a)
        count = np.bincount(i, minlength=int((site == first).sum()))
        inside = distance[site == first] > cutoff * a + 0.5
        if first == "4a" and second == "16e":
            expected = count[inside][0]
        assert inside.any() and np.all(count[inside] == expected)


@pytest.mark.parametrize("boundary", SMALL[:2])
def test_vacuum_leaves_one_boundary(boundary):
    atoms = build_boundary(
        "Li6PS5Cl", 0.0, boundary, 1.0, vacuum_nm=1.5, min_width_nm=0.6, stacking=_contact(boundary, "Li6PS5Cl")
    )
    assert atoms.info["boundaries"] == 1 and all(check(atoms).values())


def test_a_larger_cell_keeps_the_boundary_of_the_smaller():
    small, large = (
        build_boundary("Li6PS5Cl", 0.0, "sigma3(-111)[110]", nm, min_width_nm=nm / 1.2) for nm in (1.2, 2.4)
    )
    excess = [atoms.cell[2, 2] - 2 * atoms.info["grain_thickness_A"] for atoms in (small, large)]
    assert len(large) > 3 * len(small) and excess[0] == pytest.approx(excess[1], abs=1e-6)


def test_search_ranks_by_coulomb_energy_among_the_densest():
    boundary, composition = parse_boundary("sigma3(111)[111]"), Composition.parse("Li6PS5Cl")
    ranked = ranked_stackings(boundary, composition, 0.0)
    dense = contact_stackings(boundary, composition.lattice_parameter_A)
    assert set(ranked) <= set(dense[: len(ranked)])
    gaps = [sum(state.gaps_A) for state in dense]
    assert gaps == sorted(gaps, key=lambda gap: round(gap, 3))


def test_too_thin_grains_are_refused():
    with pytest.raises(InputError, match="too small"):
        build_boundary("Li6PS5Cl", 0.0, "sigma5(001)[001]", 0.1)
