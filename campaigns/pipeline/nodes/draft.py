"""The graph in the making, to which each part adds its nodes."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from functools import lru_cache

from argyro.campaigns.pipeline.graph import Graph, Node
from argyro.campaigns.pipeline.stage import StageDefinition
from argyro.campaigns.spec.label_source import identity
from argyro.campaigns.spec.schema import Campaign
from argyro.campaigns.workload.costs import Costs
from argyro.campaigns.workload.item_resources import item_resources


class Draft:
    """A campaign's graph as far as it is built.

    Args:
        campaign: what to compute.
        costs: expected core seconds.
    """

    def __init__(self, campaign: Campaign, costs: Costs):
        self.campaign, self.costs = campaign, costs
        self.graph = Graph()
        self.labels = _identity_of(campaign.labels.model_dump_json())

    def add(
        self,
        name: str,
        stage: StageDefinition,
        inputs: Mapping[str, object],
        *,
        parents: Mapping[str, str] | None = None,
        tolerant: bool = False,
        lives_on: Collection[str] = (),
        decision: bool = False,
        facts: Mapping[str, object] | None = None,
        settings: Mapping[str, object] | None = None,
        cost: float = 1.0,
    ) -> str:
        """Add a node, the arguments as those of `Node`, with the resources that the campaign gives its stage."""
        related = (parents or {}, tolerant, facts or {}, settings or {})
        resources = item_resources(self.campaign, stage.name)
        return self.graph.add(Node(name, stage, inputs, *related, resources, cost, decision, lives_on))

    def named(self, stage: str) -> list[str]:
        """Names of the nodes of a stage that are there so far."""
        return [name for name in self.graph.nodes if name.startswith(f"{stage}/")]


@lru_cache(maxsize=16)  # asking the reference's interpreter takes half a second, and a growing graph is built often
def _identity_of(labels: str) -> dict[str, object]:
    return identity(json.loads(labels))
