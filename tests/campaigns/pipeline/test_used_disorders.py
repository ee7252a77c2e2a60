"""Corrected disorders: predicted values of the reference campaign become those of laboratories."""

import numpy as np
import pytest

from argyro.campaigns.pipeline import used_disorders
from argyro.campaigns.pipeline.build_graph import assumed_campaign, build_graph
from argyro.campaigns.pipeline.grow_graph import growth
from argyro.campaigns.pipeline.notes import Note
from argyro.campaigns.pipeline.stages.disorder import ESTIMATED, DisorderResult
from argyro.campaigns.pipeline.stages.md import MD
from argyro.campaigns.pipeline.used_disorders import best_disorders, disorder_metrics, used_materials
from argyro.campaigns.spec.schema import Campaign
from argyro.platform.common.estimate import Limits, Uncertain
from argyro.surrogates.data.disorder_estimate import at_temperature

# Predicted by the reference campaign at 823 K, labels of DIEP 2.0: value, lower and upper limit.
PREDICTED = {
    "Li6PS5Cl": (0.6602, 0.5666, 0.8190),
    "Li6PS5Br": (0.7243, 0.3722, 0.9401),
    "Li6PS5I": (0.0111, 0.0063, 0.9920),
    "Li6.2P0.8Ge0.2S5I": (0.0345, 0.0176, 0.9753),
    "Li6.4P0.6Ge0.4S5I": (0.0494, 0.0111, 0.9882),
    "Li6.6P0.4Ge0.6S5I": (0.0397, 0.0167, 0.9809),
    "Li6.8P0.2Ge0.8S5I": (0.9596, 0.0287, 0.9850),
}
REFINED = {"Li6PS5Cl": 0.62, "Li6PS5Br": 0.22, "Li6PS5I": 0.0}


@pytest.fixture(params=["shipped predictions", "own predictions alone"])
def known(request, monkeypatch):
    """Run a test with and without the predictions of the package."""
    if request.param == "own predictions alone":
        monkeypatch.setattr(used_disorders, "_shipped", lambda campaign: {})


def campaign(*compositions, **disorder):
    return Campaign.model_validate(
        {
            "name": "x",
            "materials": [{"composition": name} for name in compositions or PREDICTED],
            "temperatures_K": [600],
            "grain_sizes_nm": [100],
            "disorder": disorder,
        }
    )


def result(disorder, **displaced):
    shares = {name: Uncertain(share, share, share) for name, share in displaced.items()}
    return DisorderResult(disorder=disorder, at_synthesis=disorder, displaced=shares, shares={})


def predictions(temperature_K=823.0):
    """Move the predictions to another temperature of freezing, as an ideal mixture would."""
    return {name: result(at_temperature(Uncertain(*row), 823.0, temperature_K)) for name, row in PREDICTED.items()}


def test_corrected_disorders_are_near_the_refined_ones_in_their_order(known):
    best = best_disorders(campaign(), predictions())
    assert best["Li6PS5Cl"].value > best["Li6PS5Br"].value > best["Li6PS5I"].value
    assert best["Li6PS5I"].value < 0.10
    for name in ("Li6PS5Cl", "Li6PS5Br"):
        assert abs(best[name].value - REFINED[name]) < 0.20
        assert best[name].low < REFINED[name] < best[name].high


def test_germanium_raises_the_disorder_of_the_iodide(known):
    best = best_disorders(campaign(), predictions())
    series = [best[name].value for name in PREDICTED if name.endswith("S5I")]
    assert len(series) == 5 and all(np.diff(series) > 0)


@pytest.mark.parametrize("name", ["Li6PS5Br", "Li6PS5I"])
def test_quenching_from_a_higher_temperature_raises_a_disorder_below_half(known, name):
    slow, fast = (
        best_disorders(campaign(quench_temperature_K=kelvin), predictions(kelvin))[name] for kelvin in (600.0, 823.0)
    )
    assert slow.value < fast.value < 0.5
    odds = [np.log(one.value / (1 - one.value)) for one in (slow, fast)]
    assert odds[0] * 600.0 == pytest.approx(odds[1] * 823.0, rel=1e-9)


def test_a_prediction_for_slow_cooling_is_corrected_below_that_for_quenching():
    """Minimised at 600 K, the free energies of the reference campaign give 90 (3 to 99) % for the bromide."""
    name, frozen = "Li6PS5Br", {823.0: Uncertain(*PREDICTED["Li6PS5Br"]), 600.0: Uncertain(0.9038, 0.0279, 0.9891)}
    slow, fast = (
        best_disorders(campaign(name, quench_temperature_K=kelvin), {name: result(found)})[name]
        for kelvin, found in sorted(frozen.items())
    )
    assert slow.value < fast.value and slow.low < REFINED[name] < slow.high


def test_a_continued_run_grows_the_graph_of_the_corrected_materials():
    asked = campaign("Li6PS5Br", "Li6PS5I")
    found = {name: predictions()[name] for name in ("Li6PS5Br", "Li6PS5I")}
    graph, grow = build_graph(asked), growth(asked)
    added = [grow(graph.nodes[f"disorder/{name}"], one) for name, one in found.items()]
    assert not added[0]
    labels = {node.cell.material.label for node in added[1] if node.stage is MD}
    assert labels == {material.label for material in used_materials(asked, found).values()}
    assert labels == {material.label for material in assumed_campaign(asked, found).screened}


def test_both_intervals_travel_together():
    best = best_disorders(campaign(), predictions())["Li6PS5Br"]
    assert best.given_reference == Limits(0.3722, 0.9401)
    metrics = disorder_metrics(campaign(), predictions())
    assert metrics["disorder_Li6PS5Br_value"] == best.value
    assert metrics["disorder_Li6PS5Br_given_reference_high"] == 0.9401


def test_predictions_are_simulated_as_they_are_without_calibration():
    used = used_materials(campaign(calibrate=False), predictions())
    assert {name: material.share for name, material in used.items()} == {
        name: round(row[0], 2) for name, row in PREDICTED.items()
    }


def test_halides_of_a_mixture_move_together():
    name = "Li6PS5Cl0.5Br0.5"
    found = result(Uncertain(0.7083, 0.5083, 0.9364), Cl=0.8824, Br=0.5343)
    best, used = (make(campaign(name), {name: found})[name] for make in (best_disorders, used_materials))
    displaced = dict(used.displaced)
    assert used.share == round(best.value, 2) and best.value < 0.7083
    assert (displaced["Cl"] + displaced["Br"]) / 2 == pytest.approx(best.value, abs=0.01)
    odds = {halide: np.log(share / (1 - share)) for halide, share in displaced.items()}
    assert odds["Cl"] - odds["Br"] == pytest.approx(np.log(0.8824 / 0.1176) - np.log(0.5343 / 0.4657), abs=0.1)


def test_selenium_keeps_its_share():
    name = "Li6PS4SeBr"
    found = result(Uncertain(0.6605, 0.3834, 0.9281), Br=0.6605, Se=0.4254)
    used = used_materials(campaign(name), {name: found})[name]
    assert dict(used.displaced)["Se"] == 0.43 and dict(used.displaced)["Br"] == used.share < 0.6605


def test_predictions_of_another_reference_do_not_count():
    name, wrong = "Li6PS5I", {"Li6PS5I": result(Uncertain(0.011, 0.006, 0.99))}
    own = campaign(name)
    other = own.model_copy(update={"labels": own.labels.model_copy(update={"kwargs": {"model": "other"}})})
    assert used_disorders._shipped(own) and not used_disorders._shipped(other)
    assert best_disorders(own, wrong)[name] != best_disorders(other, wrong)[name]


def test_an_estimate_from_published_values_counts_once():
    name = "Li6PS5Br"
    note = Note(code=ESTIMATED, detail="too few cells")
    estimate = result(Uncertain(0.9, 0.89, 0.91)).model_copy(update={"notes": (note,)})
    assert best_disorders(campaign(name), {name: estimate}) == best_disorders(campaign(name), {name: None})


def test_a_composition_that_joins_a_campaign_moves_no_other(known):
    found = predictions()
    together = best_disorders(campaign(), found)
    assert together == {name: best_disorders(campaign(name), {name: one})[name] for name, one in found.items()}
