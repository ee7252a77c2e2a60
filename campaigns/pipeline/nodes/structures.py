"""Structures: the arrangements of each cell, and the smaller bulk that a potential is learned in."""

from __future__ import annotations

from argyro.campaigns.pipeline.nodes.draft import Draft
from argyro.campaigns.pipeline.structure import STRUCTURE
from argyro.campaigns.workload.atom_counts import BULK
from argyro.campaigns.workload.run_space import Cell, cells_of


def add_structures(draft: Draft) -> None:
    """All arrangements of all cells."""
    for cell in cells_of(draft.campaign):
        for number in range(draft.campaign.md.realisations):
            _arranged(draft, cell, number)
        if cell.boundary == BULK:
            _learning_cell(draft, cell)


def _arranged(draft: Draft, cell: Cell, number: int) -> None:
    """An arrangement of the cell: its anions and Li ions placed by a seed of its own."""
    sizes = draft.campaign.structures
    size = (
        {"supercell": list(sizes.supercell)}
        if cell.boundary == BULK
        else {"min_grain_thickness_nm": sizes.min_grain_thickness_nm}
    )
    facts = {**cell.facts, "realisation": number}
    inputs = {**_arrangement(draft, cell, number), **size}
    draft.add(cell.structure(number), STRUCTURE, inputs, facts=facts, cost=draft.costs.structure(cell.boundary))


def _learning_cell(draft: Draft, cell: Cell) -> None:
    """The bulk in which the potential is learned, where it is not the one of the MD."""
    sizes = draft.campaign.structures
    if sizes.learning_supercell != sizes.supercell:
        inputs = {**_arrangement(draft, cell, 0), "supercell": list(sizes.learning_supercell)}
        draft.add(_learning_name(cell), STRUCTURE, inputs, facts=cell.facts)


def learning_bulk(draft: Draft, cell: Cell) -> str:
    """Name of the structure that stands for a bulk cell in learning."""
    own = _learning_name(cell)
    return own if own in draft.graph.nodes else cell.structure(0)


def _learning_name(cell: Cell) -> str:
    return f"{cell.structure(0)}/learning"


def _arrangement(draft: Draft, cell: Cell, number: int) -> dict[str, object]:
    return {
        "composition": cell.material.composition,
        "disorder": cell.material.disorder,
        "boundary": cell.boundary,
        "arrangement": draft.campaign.structures.arrangement,
        "seed": draft.campaign.seed + number,
    }
