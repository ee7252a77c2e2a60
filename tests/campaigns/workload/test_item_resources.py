"""What the spec's resources become for an item of a stage."""

import pytest

from argyro.actors.ray_executor import ray_options
from argyro.campaigns.pipeline.build_graph import build_graph
from argyro.campaigns.spec.schema import Campaign
from argyro.campaigns.workload.item_resources import item_resources

SPEC = {
    "name": "x",
    "materials": [{"composition": "Li6PS5Cl", "disorder": 0.0}],
    "temperatures_K": [500],
    "grain_sizes_nm": [50],
}


def campaign(**resources):
    return Campaign.model_validate(SPEC | {"resources": resources})


def test_every_stage_gets_what_the_spec_asks_for():
    asked = campaign(md={"cpu": 4, "hours": 12}, homogenize={"memory_GB": 8, "gpu": 0.5})
    nodes = {node.stage.name: node.resources for node in build_graph(asked).nodes.values()}
    assert (nodes["md"].cpu, nodes["md"].limit_s) == (4, 12 * 3600)
    assert (nodes["homogenize"].gpu, nodes["homogenize"].memory_GB) == (0.5, 8)
    assert nodes["structure"].cpu == 1 and nodes["structure"].gpu == 0


def test_a_number_alone_is_a_number_of_cores():
    assert item_resources(campaign(md=4), "md") == item_resources(campaign(md={"cpu": 4}), "md")


def test_learning_holds_the_resources_of_its_labels():
    asked = campaign(learn={"cpu": 2, "memory_GB": 3}, labels={"cpu": 16, "gpu": 0.5, "custom": {"vasp": 1}})
    resources = item_resources(asked, "learn")
    assert (resources.cpu, resources.gpu, resources.memory_GB) == (16, 0.5, 3)
    assert ray_options(resources)["resources"] == {"vasp": 1}
    assert item_resources(asked, "reference_check").cpu == 16
    assert item_resources(asked, "md").custom == ()


@pytest.mark.parametrize("wrong", [{"md": {"cores": 4}}, {"md": 0}, {"labels": {"custom": {"vasp": -1}}}, {"mdd": 2}])
def test_what_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError, match="resources"):
        campaign(**wrong)
