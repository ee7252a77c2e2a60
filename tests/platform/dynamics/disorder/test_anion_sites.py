"""Shares of a mixture at another disorder: the halides move together."""

import numpy as np
import pytest
from scipy.special import logit

from argyro.platform.dynamics.disorder.anion_sites import AnionSites
from argyro.platform.structures.crystal.composition import Composition


@pytest.mark.parametrize("disorder", [0.0, 0.1, 0.5, 0.97, 1.0])
@pytest.mark.parametrize(
    ("formula", "displaced"),
    [
        ("Li6PS5Cl0.5Br0.5", {"Cl": 0.9, "Br": 0.5}),
        ("Li5.5PS4.5Cl1.25Br0.25", {"Cl": 0.5, "Br": 0.3}),
        ("Li6.5PS5.5Cl0.25I0.25", {"Cl": 0.7, "I": 0.0}),
        ("Li6PS4.5Se0.5Cl0.5Br0.5", {"Cl": 0.6, "Br": 0.2, "Se": 0.4}),
        ("Li6PS4.5Se0.5Br", {"Br": 0.84, "Se": 0.32}),
    ],
)
def test_moved_halides_reach_the_disorder_and_fit_the_sites(formula, displaced, disorder):
    sites = AnionSites(Composition.parse(formula))
    moved = sites.moved(displaced, disorder)
    state = np.array([moved[name] * sites.composition[name] for name in sites.variables])
    assert sites.disorder(state) == pytest.approx(disorder, abs=2e-6) and sites.possible(state)
    assert moved.get("Se") == pytest.approx(displaced.get("Se"))


def test_shares_shift_by_one_amount_of_their_logit():
    sites = AnionSites(Composition.parse("Li6PS5Cl0.5Br0.5"))
    moved = sites.moved({"Cl": 0.9, "Br": 0.5}, 0.3)
    assert logit(moved["Cl"]) - logit(0.9) == pytest.approx(logit(moved["Br"]) - logit(0.5))
    assert sites.moved({"Cl": 0.9, "Br": 0.5}, 0.7) == pytest.approx({"Cl": 0.9, "Br": 0.5})
