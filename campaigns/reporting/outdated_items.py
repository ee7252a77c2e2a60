"""Find stored results that an earlier version of a stage computed, and that the campaign computes again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

from argyro.campaigns.pipeline.graph import Graph
from argyro.platform.execution.result_store import Store
from argyro.platform.execution.work_item import WorkItem


class OutdatedItems:
    """Repeatable search; each stored item is read once."""

    def __init__(self) -> None:
        self._read: dict[str, WorkItem | None] = {}

    def warning(self, graph: Graph, items: Mapping[str, WorkItem], waiting: Collection[str], store: Store) -> str:
        """Name the stages whose items are computed again for a new version; empty if there are none.

        Args:
            graph: of the campaign.
            items: name -> item of the graph.
            waiting: names of the nodes that are still to be computed.
            store: of the campaign; items that the graph does not name may belong to other campaigns.
        """
        if not waiting:
            return ""
        left = Counter(graph.nodes[name].stage.name for name in waiting)
        versions = {node.stage.name: node.stage.version for node in graph.nodes.values()}
        others = self._others(versions, {item.key for item in items.values()}, store)
        old = {key for key, item in others.items() if item.version < versions[item.stage]}
        counts = Counter((others[key].stage, others[key].version) for key in old)
        words, total = [], 0
        for (stage, version), count in sorted(counts.items(), key=lambda entry: -entry[0][1]):  # newest first
            number = min(count, left[stage])
            left[stage] -= number
            total += number
            words += [f"{number} of {stage}: version {version}, now {versions[stage]}"] if number else []
        if not total:
            return ""
        dependent = Counter(others[key].stage for key in _descendants(others, old))
        more = sum(min(count, left[stage]) for stage, count in dependent.items())
        return _sentence(total, words, more)

    def _others(self, stages: Collection[str], known: Collection[str], store: Store) -> dict[str, WorkItem]:
        """Read the complete items of these stages that are not among the known keys."""
        for stage in stages:
            for key in set(store.keys(stage)) - set(known) - set(self._read):
                self._read[key] = store.item_of(stage, key)
        return {key: item for key, item in self._read.items() if item is not None and item.stage in stages}


def _descendants(items: Mapping[str, WorkItem], old: Collection[str]) -> Iterator[str]:
    """List the items with an old item among their ancestors, without the old ones."""
    reached, before = set(old), -1
    while len(reached) > before:
        before = len(reached)
        reached |= {
            key for key, item in items.items() if reached & {one for role in item.parents.values() for one in role}
        }
    return iter(reached - set(old))


def _sentence(total: int, words: Sequence[str], more: int) -> str:
    are, them = ("item is", "it") if total == 1 else ("items are", "them")
    depend = "item that depends" if more == 1 else "items that depend"
    return (
        f"{total} finished {are} of an earlier version of the stage and will be computed again ({'; '.join(words)})"
        + f", with {more} finished {depend} on {them}" * bool(more)
    )
