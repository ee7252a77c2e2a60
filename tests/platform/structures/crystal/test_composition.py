"""Formulas: parsing, refusals with their reasons, and lattice parameters."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argyro.platform.common.errors import InputError
from argyro.platform.structures.crystal.composition import CHARGES, Composition
from argyro.platform.structures.crystal.site_occupancy import nearest_counts, split_counts


@pytest.mark.parametrize(
    "formula",
    [
        "Li6PS5Cl",
        "Li6PS5Cl0.5Br0.5",
        "Li5.5PS4.5Cl1.5",
        "Li6.5P0.5Ge0.5S5I",
        "Li6.25P0.75Si0.25S5Br",
        "Li6.5Sb0.5Sn0.5S5I",
        "Li6AsS5I",
        "Li6PSe5Cl",
        "Li6PS4SeCl",
        "Li7PS6",
        "Li12P2S10Cl2",
    ],
)
def test_formulas_of_the_family_are_read(formula):
    composition = Composition.parse(formula)
    assert composition.charge == pytest.approx(0)
    assert Composition.parse(composition.formula).formula == composition.formula


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("Li5PS5Cl", r"charge is -1.*give Li6 instead of Li5"),
        ("Li6P0.5Ge0.5S5I", r"give Li6.5 instead of Li6"),
        ("Li6PS4Cl", "5 anions per tetrahedron; give six, for instance Li6PS5Cl"),
        ("Li6PS5I0.5", "for instance Li6.5PS5.5I0.5"),
        ("Li5.5PS5Cl1.5", "for instance Li5.5PS4.5Cl1.5"),
        ("Li4PS3Cl3", "3 halides exceed"),
        ("Na6PS5Cl", "Na has no site"),
        ("Li6S5Cl", "no tetrahedral centre"),
        ("Li6PS5(Cl0.5Br0.5)", "cannot be read"),
        ("Li6PS5Cl.", "cannot be read"),
        ("", "cannot be read"),
    ],
)
def test_other_formulas_are_refused_with_the_reason(formula, message):
    with pytest.raises(InputError, match=message) as caught:
        Composition.parse(formula)
    assert caught.value.path == "composition"


@pytest.mark.parametrize(
    ("formula", "neutron_A"),
    [
        ("Li6PS5Cl", 9.8614),
        ("Li6PS5Cl0.5Br0.5", 9.9223),
        ("Li6PS5Br", 9.9850),
        ("Li6PS5I", 10.1414),
        ("Li5.5PS4.5Cl1.5", 9.8061),
    ],
)
def test_lattice_parameters_match_neutron_diffraction(formula, neutron_A):
    assert Composition.parse(formula).lattice_parameter_A == pytest.approx(neutron_A, abs=2e-3)


@given(
    bromine=st.floats(0, 1), extra=st.floats(-1, 1), germanium=st.floats(0, 0.8), units=st.integers(1, 60)
)  # fmt: skip
@settings(max_examples=100, deadline=None)
def test_whole_numbers_are_neutral_complete_and_near(bromine, extra, germanium, units):
    halides = 1 + extra
    amounts = {"P": 1 - germanium, "Ge": germanium, "S": 6 - halides, "Br": halides * bromine}
    amounts["Cl"] = halides - amounts["Br"]
    amounts["Li"] = -sum(CHARGES[element] * amount for element, amount in amounts.items())
    composition = Composition(tuple(amounts.items()))
    counts = nearest_counts(composition, units)
    assert sum(CHARGES[element] * number for element, number in counts.atoms.items()) == 0
    assert sum(number for element, number in counts.atoms.items() if element not in ("Li",)) == 7 * units
    for element in ("P", "Ge", "S", "Br", "Cl"):
        assert abs(counts.atoms.get(element, 0) - amounts[element] * units) <= 1.5
    halves = split_counts(composition, [units, units])
    whole = nearest_counts(composition, 2 * units).atoms
    for element in whole:
        assert sum(half.atoms.get(element, 0) for half in halves) == whole[element]
        assert all(half.atoms.get(element, 0) >= 0 for half in halves)
    assert all(sum(CHARGES[element] * number for element, number in half.atoms.items()) == 0 for half in halves)
