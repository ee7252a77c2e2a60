"""Begin the learning of a family with the labels of an earlier, smaller family in the same store.

A campaign to which a material was added has a new family: its cells are those of the old one and more. The learning
begins with the old training set. Where its grades allow, no label is added.
"""

from __future__ import annotations

from dataclasses import replace

from argyro.campaigns.pipeline.graph import Graph
from argyro.campaigns.pipeline.stages.learn import LEARN, TRAINING_SET, LearnInputs
from argyro.campaigns.spec.schema import Labels
from argyro.platform.execution.result_store import Store
from argyro.platform.execution.work_item import WorkItem

CELLS = "structures"


def reuse_labels(graph: Graph, store: Store) -> list[str]:
    """Add the training set of the largest earlier family to the known labels of each family without a potential.

    An earlier family has the same reference, and its cells are a part of those of the new one. Keys do not change.

    Args:
        graph: of the campaign; its learning nodes are replaced.
        store: of the campaign.

    Returns:
        One sentence for each family that reuses labels.
    """
    earlier = store.items(LEARN.name)
    items, words = graph.items(), []
    for node in list(graph.of_stage(LEARN.name)):
        item = items[node.name]
        if item.key in {old.key for old in earlier}:
            continue
        parts = [old for old in earlier if _is_part(old, item)]
        if not parts:
            continue
        largest = max(parts, key=lambda old: (len(old.parents[CELLS]), old.key))
        settings = node.settings
        assert isinstance(settings, Labels)
        known = [*settings.known, str(store.path(largest) / TRAINING_SET)]
        graph.nodes[node.name] = replace(node, settings=settings.model_copy(update={"known": known}))
        words.append(f"{node.name} begins with the labels of an earlier potential, {LEARN.name}/{largest.key[:8]}")
    return words


def _is_part(old: WorkItem, new: WorkItem) -> bool:
    """Check whether an earlier family has the same reference and only cells of the new one."""
    cells, all_cells = set(old.parents[CELLS]), set(new.parents[CELLS])
    same = old.inputs["labels"] == new.inputs["labels"] and old.version == new.version
    taught = LearnInputs.model_validate(new.inputs).labels.teacher
    return same and not taught and cells < all_cells
