"""A family to which a material was added begins with the labels of the earlier family in the same store."""

from pathlib import Path

import pytest

from argyro.campaigns.pipeline.build_graph import build_graph
from argyro.campaigns.pipeline.reused_labels import reuse_labels
from argyro.campaigns.pipeline.stages.learn import LEARN, TRAINING_SET
from argyro.campaigns.spec.schema import Campaign
from argyro.platform.execution.result_store import Store


def graph_of(*compositions, **rest):
    materials = [{"composition": name, "disorder": 0.25} for name in compositions]
    given = {"name": "x", "materials": materials, "temperatures_K": [600], "grain_sizes_nm": [100]}
    return build_graph(Campaign.model_validate(given | rest))


@pytest.fixture
def store(tmp_path):
    """Store of a campaign that has learned the bromide."""
    store, scratch = Store(tmp_path / "store"), tmp_path / "scratch"
    scratch.mkdir()
    (scratch / TRAINING_SET).write_text("frames")
    item = graph_of("Li6PS5Br").items()["learn/Br-Li-P-S"]
    store.commit(item, scratch, {}, 1.0)
    return store


def known(graph):
    (node,) = graph.of_stage(LEARN.name)
    return [str(path) for path in node.settings.known]


def test_labels_are_used_again_when_the_elements_grow(store):
    graph = graph_of("Li6PS5Br", "Li6PS5Cl0.5Br0.5")
    keys = {name: item.key for name, item in graph.items().items()}
    (words,) = reuse_labels(graph, store)
    assert "Br-Cl-Li-P-S" in words
    (path,) = known(graph)
    assert Path(path).name == TRAINING_SET and Path(path).read_text() == "frames"
    assert {name: item.key for name, item in graph.items().items()} == keys


def test_labels_are_used_again_for_a_new_material_of_the_same_elements(store):
    graph = graph_of("Li6PS5Br", "Li5.5PS4.5Br1.5")
    assert len(reuse_labels(graph, store)) == len(known(graph)) == 1


def test_a_learned_family_and_a_family_of_other_cells_begin_as_before(store):
    for graph in (
        graph_of("Li6PS5Br"),
        graph_of("Li6PS5Cl", "Li6PS5Cl0.5Br0.5"),
        graph_of("Li6PS5Br", "Li6PS5Cl0.5Br0.5", labels={"source": "chgnet"}),
    ):
        assert reuse_labels(graph, store) == [] and known(graph) == []
