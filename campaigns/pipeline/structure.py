"""Build one cell, bulk or with grain boundaries, and check it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ase import Atoms
from ase.io import read, write
from pydantic import ConfigDict

from argyro.campaigns.pipeline.draft import Draft
from argyro.campaigns.spec.material import Cell
from argyro.campaigns.workload.run_space import RunConditions, cells_of
from argyro.platform.execution.stage import Contract, Parent, Stage, StageContext, StageResult

FILE, PICTURE = "structure.extxyz", "structure.png"


class StructureInputs(Contract):
    """Decide a structure.

    Args:
        cell: material and boundary.
        number: of the arrangement of anions and Li.
        seed: of the arrangement.
        arrangement: of the free anions, random or quasirandom.
        supercell: of a bulk cell, in conventional cells.
        min_grain_thickness_nm: of a cell with boundaries.
    """

    cell: Cell
    number: int
    seed: int
    arrangement: str
    supercell: tuple[int, int, int] | None = None
    min_grain_thickness_nm: float | None = None

    @property
    def label(self) -> str:
        """Label for people: ``Li6PS5Cl 50 %/bulk/0``."""
        return f"{self.cell.label}/{self.number}"


class StructureResult(StageResult):
    """Describe a structure with the keys of `argyro structure --json`; see `structures.report.describe`."""

    model_config = ConfigDict(extra="ignore")

    atoms: int
    formula: str
    boundaries: int
    charge: int
    checks: dict[str, bool]
    composition: str
    disorder: float
    nearest_of: dict[str, str | float] | None = None
    thickness_nm: float | None = None
    area_A2: float | None = None
    sides: tuple[str, ...] = ()
    sides_equal: bool | None = None


def read_structure(folder: Path) -> Atoms:
    """Read the cell of a structure item."""
    atoms = read(folder / FILE)
    assert isinstance(atoms, Atoms)  # a list only with an index
    return atoms


def run(context: StageContext[StructureInputs, None]) -> StructureResult:
    """Build and check the cell."""
    from argyro.platform.structures.checks import require
    from argyro.platform.structures.plots import draw
    from argyro.platform.structures.report import describe

    atoms = _build(context.inputs)
    require(atoms)
    write(context.workdir / FILE, atoms)
    if not context.inputs.cell.boundary.is_bulk:
        draw(atoms, context.workdir / PICTURE)
    return StructureResult(**describe(atoms))


def _build(inputs: StructureInputs) -> Atoms:
    from argyro.platform.structures.boundaries.build import build_boundary
    from argyro.platform.structures.crystal.bulk import build_bulk

    material, boundary, how = inputs.cell.material, inputs.cell.boundary, inputs.arrangement
    if inputs.supercell:
        return build_bulk(material.composition, material.disorder, inputs.supercell, inputs.seed, arrangement=how)
    names = material.composition, material.disorder, str(boundary)
    assert inputs.min_grain_thickness_nm is not None  # every cell has a size
    return build_boundary(*names, inputs.min_grain_thickness_nm, inputs.seed, arrangement=how)


STRUCTURE = Stage("structure", 2, run, StructureInputs, StructureResult)
StructureItem = Parent[StructureInputs, StructureResult]


def structure_name(cell: Cell, number: int) -> str:
    """Name the node of one arrangement of a cell."""
    return f"{STRUCTURE.name}/{cell.label}/{number}"


def structure_of(run: RunConditions) -> str:
    """Name the node of the structure that a run simulates."""
    return structure_name(run.cell, run.realisation)


def add_structures(draft: Draft) -> None:
    """Add all arrangements of all cells, and the bulk cells in which the potential is learned."""
    sizes = draft.campaign.structures
    for cell in cells_of(draft.campaign):
        size: dict[str, Any] = {"min_grain_thickness_nm": sizes.min_grain_thickness_nm}
        if cell.boundary.is_bulk:
            size = {"supercell": sizes.supercell}
        for number in range(draft.campaign.md.realisations):
            inputs = _inputs(draft, cell, number, **size)
            params, cost = {**cell.facts, "realisation": number}, draft.costs.structure(cell)
            draft.add(STRUCTURE, inputs.label, inputs, params=params, cost=cost)
        if cell.boundary.is_bulk and sizes.learning_supercell != sizes.supercell:
            inputs = _inputs(draft, cell, 0, supercell=sizes.learning_supercell)
            draft.add(STRUCTURE, f"{inputs.label}/learning", inputs, params=cell.facts)


def _inputs(draft: Draft, cell: Cell, number: int, **size: Any) -> StructureInputs:
    how, seed = draft.campaign.structures.arrangement, draft.campaign.seed + number
    return StructureInputs(cell=cell, number=number, seed=seed, arrangement=how, **size)


def learning_bulk(draft: Draft, cell: Cell) -> str:
    """Name the structure of a bulk cell in which the potential is learned."""
    own = f"{structure_name(cell, 0)}/learning"
    return own if own in draft.graph.nodes else structure_name(cell, 0)
