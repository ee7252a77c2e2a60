"""Builds one cell, bulk or with grain boundaries, and checks it."""

from __future__ import annotations

from pathlib import Path

from ase import Atoms
from ase.io import read, write

from argyro.campaigns.pipeline.stage import StageDefinition
from argyro.platform.execution.task import StageContext

FILE, PICTURE = "structure.extxyz", "structure.png"


def read_structure(folder: Path) -> Atoms:
    """The cell that a structure item holds."""
    atoms = read(folder / FILE)
    assert isinstance(atoms, Atoms)  # a list only with an index
    return atoms


def run(context: StageContext) -> dict:
    """Inputs: composition, disorder, boundary ("bulk" or a name), supercell or thickness, arrangement, seed."""
    from argyro.platform.structures.checks import require
    from argyro.platform.structures.plots import draw
    from argyro.platform.structures.report import describe

    atoms = _build(context.inputs)
    require(atoms)
    write(context.workdir / FILE, atoms)
    if context.inputs["boundary"] != "bulk":
        draw(atoms, context.workdir / PICTURE)
    return describe(atoms)


def _build(inputs) -> Atoms:
    from argyro.platform.structures.boundaries.build import build_boundary
    from argyro.platform.structures.crystal.bulk import build_bulk

    composition, disorder, seed = inputs["composition"], inputs["disorder"], inputs["seed"]
    how = {"arrangement": inputs["arrangement"]}
    if inputs["boundary"] == "bulk":
        return build_bulk(composition, disorder, tuple(inputs["supercell"]), seed, **how)
    return build_boundary(composition, disorder, inputs["boundary"], inputs["min_grain_thickness_nm"], seed, **how)


STRUCTURE = StageDefinition("structure", 1, run)
