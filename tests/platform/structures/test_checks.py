"""Every check detects its own kind of damage and raises its own error."""

import numpy as np
import pytest

from argyro.platform.structures import build_boundary, build_bulk, check, checks, require


@pytest.fixture
def atoms():
    return build_bulk("Li6PS5Cl", 0.5)


def _first(atoms, symbol, site):
    return int(np.flatnonzero((np.array(atoms.get_chemical_symbols()) == symbol) & (atoms.arrays["site"] == site))[0])


def test_a_pulled_corner_breaks_the_tetrahedron(atoms):
    atoms.positions[_first(atoms, "S", "16e")] += 0.5
    assert not check(atoms)["tetrahedra"]
    with pytest.raises(checks.BrokenTetrahedronError, match="3 chalcogens"):
        require(atoms)


def test_two_li_on_one_pair_overlap(atoms):
    first, second = np.flatnonzero(atoms.numbers == 3)[:2]
    atoms.positions[first] = atoms.positions[second] + [1.0, 0, 0]
    assert not check(atoms)["distances"]
    with pytest.raises(checks.OverlapError, match="Li"):
        require(atoms)


def test_the_other_setting_crowds_the_free_anion(atoms):
    """Put free anions on 4d with corners for 4c: mixed settings bring them within 2.2 Å of a corner."""
    free = np.isin(atoms.arrays["site"], ("4c",))
    atoms.positions[free] += 0.5 * atoms.cell[0, 0]
    assert not check(atoms)["free_anions"]


def test_a_missing_li_leaves_charge(atoms):
    del atoms[_first(atoms, "Li", "48h")]
    with pytest.raises(checks.ChargeError, match="-1"):
        require(atoms)


def test_a_missing_formula_unit_in_one_grain_is_noticed():
    atoms = build_boundary("Li6PS5Cl", 0.0, "sigma3(111)[111]", 0.9, min_width_nm=0.6)
    atoms.arrays["grain"][_first(atoms, "Cl", "4a")] = 1
    with pytest.raises(checks.StoichiometryError, match="grain 0"):
        require(atoms)


def test_a_plain_crystal_sold_as_a_boundary_is_noticed():
    atoms = build_bulk("Li6PS5Cl", 0.0, (1, 1, 3))
    atoms.info["boundaries"] = 2
    with pytest.raises(checks.BoundaryCountError, match="has 0 boundaries, not 2"):
        require(atoms)


def test_planes_too_close_are_noticed():
    atoms = build_boundary("Li6PS5Cl", 0.0, "sigma3(111)[111]", 0.9, min_width_nm=0.6)
    atoms.info["boundary_planes_A"] = [5.0, 9.0]
    with pytest.raises(checks.BoundarySpacingError, match=r"4\.0 Å apart"):
        require(atoms)
