"""Equilibrium of the anion sites against closed forms, exact enumeration and a two-level toy in LAMMPS."""

from itertools import combinations

import numpy as np
import pytest

from argyro.platform.common.errors import ArgyroError
from argyro.platform.common.units import BOLTZMANN_EV_K
from argyro.platform.dynamics.disorder.anion_sites import AnionSites, state_of
from argyro.platform.dynamics.disorder.equilibrium import (
    EnthalpyModel,
    EnthalpyPoint,
    cell_average,
    equilibrium,
    minimum,
    without_holes,
)
from argyro.platform.structures.crystal.bulk import build_bulk
from argyro.platform.structures.crystal.composition import Composition

BROMIDE = AnionSites(Composition.parse("Li6PS5Br"))
MIXTURE = AnionSites(Composition.parse("Li6PS4.5Se0.5Cl0.5Br0.5"))
KELVIN = 823.0
KT = BOLTZMANN_EV_K * KELVIN


def model(sites, *coefficients):
    terms = np.array(coefficients)
    return EnthalpyModel(sites, terms, np.zeros((len(terms), len(terms))))


def test_entropy_of_one_halide_is_that_of_two_sublattices():
    d = np.array([0.1, 0.5, 0.9])
    expected = -2 * (d * np.log(d) + (1 - d) * np.log(1 - d))
    assert BROMIDE.entropy(d[:, None]) == pytest.approx(expected)


def test_minimum_of_a_linear_enthalpy_is_the_boltzmann_share():
    """dF/dd = 0 gives d / (1 - d) = e^(-h / 2kT)."""
    h_eV = 0.1
    expected = 1 / (1 + np.exp(h_eV / (2 * KT)))
    assert float(minimum(model(BROMIDE, 0.0, h_eV, 0.0), KELVIN)[0]) == pytest.approx(expected, abs=1e-3)


def test_minimum_of_a_mixture_displaces_each_species_by_its_own_energy():
    """Exchange of two halides is in equilibrium: the ratios y / (n - y) differ by e^(Δh / kT); Se is random."""
    found = dict(zip(MIXTURE.variables, minimum(model(MIXTURE, 0.0, 0.05, 0.2, 0.0, 0.0), KELVIN), strict=True))
    odds = {name: found[name] / (0.5 - found[name]) for name in ("Cl", "Br")}
    assert odds["Cl"] / odds["Br"] == pytest.approx(np.exp(0.15 / KT), rel=0.02)
    assert found["Se"] == pytest.approx(MIXTURE.composition["Se"] / 5, abs=2e-3)  # one of five places is free


def test_cell_average_is_that_of_exact_enumeration_on_52_atoms():
    """Four 4a and four 4c sites, energy h per halide on 4c and a pair energy w between halides on 4c."""
    h_eV, w_eV, units = 0.12, 0.03, 4
    weights, disorders = [], []
    for chosen in combinations(range(2 * units), units):  # sites of the halides, 4c from number `units` on
        on_4c = sum(site >= units for site in chosen)
        energy = h_eV * on_4c + w_eV * on_4c**2 / units
        weights.append(np.exp(-energy / KT))
        disorders.append(on_4c / units)
    exact = np.average(disorders, weights=weights)
    assert cell_average(model(BROMIDE, 0.0, h_eV, w_eV), units, KELVIN) == pytest.approx(exact)


def test_enthalpies_of_random_cells_give_the_enumerated_disorder_of_a_lattice_with_pairs():
    """Enthalpy method on a 52-atom lattice whose pairs interact, against the exact average over all arrangements."""
    rng = np.random.default_rng(3)
    pairs_eV = 0.01 * rng.normal(size=(8, 8))
    pairs_eV = pairs_eV + pairs_eV.T
    field_eV = np.repeat([0.0, 0.08], 4)

    def energy(chosen):
        sites = list(chosen)
        return field_eV[sites].sum() + 0.5 * pairs_eV[np.ix_(sites, sites)].sum()

    every = list(combinations(range(8), 4))
    on_4c = np.array([sum(site >= 4 for site in chosen) / 4 for chosen in every])
    energies = np.array([energy(chosen) for chosen in every])
    exact = np.average(on_4c, weights=np.exp(-(energies - energies.min()) / KT))
    points = [EnthalpyPoint(np.array([d]), e / 4) for d, e in zip(on_4c, energies, strict=True)]
    assert cell_average(EnthalpyModel.fit(BROMIDE, points), 4, KELVIN) == pytest.approx(exact, abs=0.05)


def test_interval_contains_the_truth_and_shrinks_with_more_cells():
    rng, truth = np.random.default_rng(0), model(BROMIDE, -90.0, 0.3, -0.2)

    def found(realisations):
        states = np.repeat([0.0, 0.25, 0.5, 0.75, 1.0], realisations)[:, None]
        noisy = truth.enthalpy_eV(states) + rng.normal(0.0, 0.01, len(states))
        return equilibrium(BROMIDE, [EnthalpyPoint(s, e) for s, e in zip(states, noisy, strict=True)], KELVIN).disorder

    exact = float(minimum(truth, KELVIN)[0])
    few, many = found(2), found(40)
    assert few.low <= exact <= few.high and many.low <= exact <= many.high
    assert many.high - many.low < few.high - few.low


def test_disorder_grows_with_temperature_for_a_positive_enthalpy():
    points = [EnthalpyPoint(np.array([d]), 0.2 * d + 1e-4 * (-1) ** n) for n, d in enumerate(np.linspace(0, 1, 10))]
    cold, hot = (equilibrium(BROMIDE, points, kelvin).disorder.value for kelvin in (573.0, 823.0))
    assert cold < hot


@pytest.mark.parametrize("kelvin", [KELVIN, 600.0])
def test_free_energies_shift_the_boltzmann_share(kelvin):
    """At the runs' temperature G alone counts; below it ΔH and ΔS of the runs stay: g(T) = h - T (h - g) / T_run."""
    h_eV, g_eV = 0.15, 0.05
    fractions = np.linspace(0.0, 1.0, 9)
    points = [EnthalpyPoint(np.array([d]), h_eV * d, 0, g_eV * d) for d in fractions]
    here_eV = h_eV - kelvin / KELVIN * (h_eV - g_eV)
    found = equilibrium(BROMIDE, points, kelvin, run_temperature_K=KELVIN)
    assert found.with_entropy
    assert found.disorder.value == pytest.approx(1 / (1 + np.exp(here_eV / (2 * BOLTZMANN_EV_K * kelvin))), abs=1e-3)


def test_an_error_of_the_reference_widens_the_interval_as_it_moves_the_share():
    """A shift of ±1.96 σ of the energy gives the limits 1 / (1 + e^((h ± 1.96 σ) / 2kT))."""
    h_eV, error_eV = 0.1, 0.03
    points = [EnthalpyPoint(np.array([d]), h_eV * d) for d in np.linspace(0.0, 1.0, 9)]
    found = equilibrium(BROMIDE, points, KELVIN, reference_error_eV=error_eV).disorder
    low, high = (1 / (1 + np.exp((h_eV + sign * 1.96 * error_eV) / (2 * KT))) for sign in (1, -1))
    assert found.low == pytest.approx(low, abs=0.03) and found.high == pytest.approx(high, abs=0.03)


def test_too_few_free_energies_leave_the_enthalpies():
    points = [EnthalpyPoint(np.array([d]), 0.1 * d, 0, 0.0 if d < 0.3 else None) for d in np.linspace(0.0, 1.0, 9)]
    found = equilibrium(BROMIDE, points, KELVIN, run_temperature_K=KELVIN)
    assert not found.with_entropy
    assert found.disorder == equilibrium(BROMIDE, points, KELVIN).disorder


def test_a_run_in_a_hole_is_left_out_with_a_sentence():
    points = [EnthalpyPoint(np.array([d]), 0.1 * d) for d in np.linspace(0, 1, 9)]
    kept, words = without_holes(BROMIDE, [*points, EnthalpyPoint(np.array([0.5]), -1.4)])
    assert kept == points and "hole" in words[0] and "50 %" in words[0]


@pytest.mark.parametrize("points", [[EnthalpyPoint(np.array([0.0]), 0.0)], []])
def test_too_few_cells_are_refused(points):
    with pytest.raises(ArgyroError, match="realisations"):
        equilibrium(BROMIDE, points, KELVIN, run_temperature_K=KELVIN)


@pytest.mark.parametrize("formula", ["Li6PS5Cl", "Li5.5PS4.5Cl1.5", "Li6PS4.5Se0.5Br", "Li6PS5Cl0.5Br0.5"])
def test_built_cells_have_the_asked_state_charge_and_count(formula):
    sites = AnionSites(Composition.parse(formula))
    shares = dict.fromkeys(sites.variables, 0.5)
    displaced = shares if len(sites.variables) > 1 else None
    atoms = build_bulk(formula, 0.5, (2, 1, 1), displaced=displaced)
    state = state_of(sites, atoms)
    assert sites.disorder(state) == pytest.approx(0.5)
    assert state == pytest.approx(sites.state(0.5, displaced), abs=1 / 8)
    assert int(np.sum(np.isin(atoms.arrays["site"], ("4a", "4c")))) == 16
    total = sum(sum(site.values()) for site in sites.shares(state).values())
    assert total == pytest.approx(3.0)  # 4a, 4c and 16e are full
