"""Build one cell, bulk or with grain boundaries, and check it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ase import Atoms
from ase.io import read, write
from pydantic import ConfigDict

from argyro.campaigns.pipeline.draft import Draft
from argyro.campaigns.pipeline.families import families
from argyro.campaigns.spec.material import BULK, BoundaryType, Cell, Material
from argyro.campaigns.spec.schema import Campaign
from argyro.campaigns.workload.run_space import RunConditions, candidates_of, cells_of
from argyro.platform.execution.stage import Contract, Parent, Stage, StageContext, StageResult

FILE, PICTURE = "structure.extxyz", "structure.png"
LEARNED_DISORDERS = (0.0, 0.5, 1.0)  # of a material whose disorder is predicted


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
    displaced: dict[str, float] | None = {**dict(material.displaced)} or None
    if inputs.supercell:
        return build_bulk(
            material.composition, material.share, inputs.supercell, inputs.seed, arrangement=how, displaced=displaced
        )
    names = material.composition, material.share, str(boundary)
    assert inputs.min_grain_thickness_nm is not None  # every cell has a size
    return build_boundary(*names, inputs.min_grain_thickness_nm, inputs.seed, arrangement=how, displaced=displaced)


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
    realisations = dict.fromkeys(candidates_of(draft.campaign), 1)
    realisations |= dict.fromkeys(cells_of(draft.campaign), draft.campaign.md.realisations)
    for cell, count in realisations.items():
        size: dict[str, Any] = {"min_grain_thickness_nm": sizes.min_grain_thickness_nm}
        if cell.boundary.is_bulk:
            size = {"supercell": sizes.supercell}
        for number in range(count):
            inputs = _inputs(draft, cell, number, **size)
            params, cost = {**cell.facts, "realisation": number}, draft.costs.structure(cell)
            draft.add(STRUCTURE, inputs.label, inputs, params=params, cost=cost)
    for cell in learning_cells(draft.campaign):
        if not _is_own(draft.campaign, cell):
            size = {"supercell": sizes.learning_supercell}
            if not cell.boundary.is_bulk:
                size = {"min_grain_thickness_nm": sizes.min_grain_thickness_nm}
            inputs = _inputs(draft, cell, 0, **size)
            draft.add(STRUCTURE, f"{inputs.label}/learning", inputs, params=cell.facts)


def _inputs(draft: Draft, cell: Cell, number: int, **size: Any) -> StructureInputs:
    how, seed = draft.campaign.structures.arrangement, draft.campaign.seed + number
    return StructureInputs(cell=cell, number=number, seed=seed, arrangement=how, **size)


def learning_name(campaign: Campaign, cell: Cell) -> str:
    """Name the structure of a cell in which the potential is learned."""
    name = structure_name(cell, 0)
    return name if _is_own(campaign, cell) else f"{name}/learning"


def _is_own(campaign: Campaign, cell: Cell) -> bool:
    """Check whether a cell of the learning is also one of the MD of a material with a given disorder."""
    sizes = campaign.structures
    same_size = not cell.boundary.is_bulk or sizes.learning_supercell == sizes.supercell
    return same_size and cell.material in campaign.materials


def learning_cells(campaign: Campaign, materials: Sequence[Material] | None = None) -> list[Cell]:
    """List the cells in which a potential is learned: bulk, and each boundary and each material once.

    Materials of a family share elements, so that all pairs of materials and boundaries add nothing. A material whose
    disorder is predicted is learned ordered, half and fully disordered.

    Args:
        campaign: with its boundaries.
        materials: of one family; by default all families.
    """
    if materials is None:
        groups = families(campaign).values()
        return list(dict.fromkeys(cell for group in groups for cell in learning_cells(campaign, group)))
    cells = [Cell(known, BULK) for material in materials for known in _learned(material, LEARNED_DISORDERS)]
    boundaries = campaign.boundaries
    simulated = [material for material in materials if campaign.boundaries_of(material)]
    pairs = max(len(simulated), len(boundaries)) if simulated else 0
    for number in range(pairs):
        (material,) = _learned(simulated[number % len(simulated)], LEARNED_DISORDERS[1:2])
        cells.append(Cell(material, BoundaryType(boundaries[number % len(boundaries)])))
    return list(dict.fromkeys(cells))


def _learned(material: Material, disorders: Sequence[float]) -> list[Material]:
    """Return a material with its own disorder, or with those in which it is learned."""
    if not material.is_predicted:
        return [material]
    return list(dict.fromkeys(material.with_disorder(d if material.can_exchange else 0.0) for d in disorders))
