"""Collect the nodes of a campaign's graph while the stages add them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from argyro.campaigns.pipeline.graph import Graph, Node
from argyro.campaigns.spec.label_source import identity
from argyro.campaigns.spec.schema import Campaign
from argyro.campaigns.workload.costs import Costs
from argyro.campaigns.workload.item_resources import item_resources
from argyro.campaigns.workload.run_space import RunConditions
from argyro.platform.execution.stage import Contract, Stage


class LabelIdentity(Contract):
    """Identify the reference of the labels, for the keys of work items."""

    name: str
    version: str
    settings: str
    weights: str
    teacher: dict[str, object] | None = None

    @property
    def label(self) -> str:
        """Label for people: ``chgnet 0.4.2``."""
        return f"{self.name} {self.version}"


class Draft:
    """A campaign's graph while it is built.

    Args:
        campaign: to compute.
        costs: expected core seconds.
    """

    def __init__(self, campaign: Campaign, costs: Costs):
        self.campaign, self.costs = campaign, costs
        self.graph = Graph()
        self.labels = label_identity(campaign)

    def add(
        self,
        stage: Stage,
        label: str,
        inputs: Contract,
        *,
        parents: Mapping[str, Sequence[str]] | None = None,
        tolerant: bool = False,
        needs_any: Collection[str] = (),
        decision: bool = False,
        params: Mapping[str, object] | None = None,
        settings: object = None,
        cost: float = 1.0,
    ) -> str:
        """Add a node named after its stage and label; returns its name.

        The other arguments are those of `Node`; the resources are those of the campaign for the stage.
        """
        name, resources = f"{stage.name}/{label}" if label else stage.name, item_resources(self.campaign, stage.name)
        options = (parents or {}, tolerant, needs_any, params or {}, settings, resources, cost, decision)
        return self.graph.add(Node(name, stage, inputs, *options))

    def label(self, run: RunConditions) -> str:
        """Label a run of the campaign."""
        return run.label(self.campaign.md.production_ps)

    def names(self, stage: str) -> list[str]:
        """List the names of the nodes of a stage so far."""
        return [node.name for node in self.graph.of_stage(stage)]


def label_identity(campaign: Campaign) -> LabelIdentity:
    """Return the identity of the reference of a campaign."""
    return LabelIdentity(**identity(campaign.labels.model_dump(mode="json")))
