"""Predicted disorder in the graph: runs for the prediction first, then the runs of the predicted materials."""

import pytest

from argyro.campaigns.pipeline.build_graph import build_graph, whole_graph
from argyro.campaigns.pipeline.grow_graph import growth
from argyro.campaigns.pipeline.stages.disorder import DisorderResult, _differences, _unlike_published, estimated
from argyro.campaigns.pipeline.stages.structure import StructureInputs
from argyro.campaigns.spec.schema import Campaign
from argyro.platform.common.estimate import Uncertain


@pytest.fixture
def campaign():
    return Campaign.model_validate(
        {
            "name": "x",
            "materials": [{"composition": "Li6PS5Br"}, {"composition": "Li6PS5Cl0.5Br0.5"}],
            "temperatures_K": [600, 700],
            "grain_sizes_nm": [100],
            "disorder": {"realisations": 2, "swap_stretches": 10, "calibrate": False},
            "md": {"realisations": 1},
        }
    )


def result(value, **displaced):
    exact = {name: Uncertain(share, share, share) for name, share in displaced.items()}
    found = Uncertain(value, value - 0.05, value + 0.05)
    return DisorderResult(disorder=found, at_synthesis=found, displaced=exact, shares={})


def grown(campaign, results):
    graph, grow = build_graph(campaign), growth(campaign)
    for name, found in results.items():
        for node in grow(graph.nodes[f"disorder/{name}"], found):
            graph.add(node)
    return graph


def test_before_the_prediction_there_are_no_runs_of_unknown_disorder(campaign):
    graph = build_graph(campaign)
    assert graph.stages() == ["structure", "learn", "reference_check", "enthalpy", "swaps", "disorder"] or set(
        graph.stages()
    ) == {"structure", "learn", "enthalpy", "swaps", "disorder"}
    assert len(list(graph.of_stage("enthalpy"))) == 2 * 2 * 5
    assert len(list(graph.of_stage("swaps"))) == 2 * 2
    assert all(node.name.endswith("/learning") for node in graph.of_stage("structure"))


def test_the_potential_is_explored_at_the_synthesis_temperature(campaign):
    (learn,) = build_graph(campaign).of_stage("learn")
    assert max(learn.inputs.options.temperatures_K) > 823


def test_the_graph_grows_once_all_disorders_are_known(campaign):
    one = grown(campaign, {"Li6PS5Br": result(0.22, Br=0.22)})
    assert not list(one.of_stage("md"))
    both = {"Li6PS5Br": result(0.22, Br=0.22), "Li6PS5Cl0.5Br0.5": result(0.5, Cl=0.7, Br=0.3)}
    graph = grown(campaign, both)
    cells = {node.cell.label for node in graph.of_stage("md")}
    assert cells == {"Li6PS5Br 22 %/bulk", "Li6PS5Cl0.5Br0.5 50 %/bulk"}
    assert list(graph.of_stage("ranking"))


def test_the_order_of_the_results_does_not_change_the_items(campaign):
    both = {"Li6PS5Br": result(0.22, Br=0.22), "Li6PS5Cl0.5Br0.5": result(0.5, Cl=0.7, Br=0.3)}
    first, second = grown(campaign, both), grown(campaign, dict(reversed(both.items())))
    assert {n: item.key for n, item in first.items().items()} == {n: item.key for n, item in second.items().items()}


def test_structures_of_a_mixture_take_each_species_own_share(campaign):
    both = {"Li6PS5Br": result(0.22, Br=0.22), "Li6PS5Cl0.5Br0.5": result(0.5, Cl=0.7, Br=0.3)}
    node = grown(campaign, both).nodes["structure/Li6PS5Cl0.5Br0.5 50 %/bulk/0"]
    assert isinstance(node.inputs, StructureInputs)
    assert dict(node.inputs.cell.material.displaced) == {"Br": 0.3, "Cl": 0.7}


def test_a_failed_prediction_is_replaced_by_the_estimate(campaign):
    graph = grown(campaign, {"Li6PS5Br": None, "Li6PS5Cl0.5Br0.5": result(0.5, Cl=0.7, Br=0.3)})
    expected = f"{100 * round(estimated('Li6PS5Br').disorder.value, 2):g} %"
    assert any(expected in node.cell.label for node in graph.of_stage("md"))


def test_a_plan_holds_the_runs_with_estimates(campaign):
    assert len(list(whole_graph(campaign).of_stage("md"))) == 4


def test_a_difference_of_the_methods_is_named_with_both_numbers():
    of_cell, same, other = Uncertain(0.7, 0.6, 0.8), Uncertain(0.85, 0.75, 0.95), Uncertain(0.1, 0.05, 0.2)
    (words,) = _differences(of_cell, (same, other))
    assert words == "70 % (60 to 80) from free energies, 10 % (5 to 20) from hybrid Monte Carlo"
    assert list(_differences(None, ())) == []


def test_refined_values_outside_the_interval_are_named():
    (note,) = _unlike_published("Li6PS5Br", Uncertain(0.75, 0.5, 0.9))
    assert "22 % refined, doi 10.1021" in note.text
    assert not list(_unlike_published("Li6PS5Br", Uncertain(0.3, 0.1, 0.9)))
