"""Build one polycrystal: its mesh and reduced basis, shared by all materials, temperatures and grain sizes."""

from __future__ import annotations

from argyro.campaigns.pipeline.draft import Draft
from argyro.platform.execution.stage import Contract, Stage, StageContext, StageResult

MESH = "mesh.npz"


class MicrostructureInputs(Contract):
    """Decide a polycrystal: its number of grains and their seed."""

    grains: int
    seed: int


class MicrostructureResult(StageResult):
    """Describe the reduced basis of a polycrystal."""

    grains: int
    modes: int
    largest_relative_error: float


def run(context: StageContext[MicrostructureInputs, None]) -> MicrostructureResult:
    """Mesh the polycrystal and compute its reduced basis."""
    from argyro.platform.continuum.mesh.mesh import mesh
    from argyro.platform.continuum.mesh.polycrystal import voronoi_polycrystal
    from argyro.platform.continuum.reduced.basis import reduced_model

    grains = context.inputs.grains
    made = mesh(voronoi_polycrystal(grains, context.inputs.seed))
    made.save(context.workdir / MESH)
    basis = reduced_model(made, cache=context.workdir)
    return MicrostructureResult(grains=grains, modes=basis.modes, largest_relative_error=basis.worst)


MICROSTRUCTURE = Stage("microstructure", 4, run, MicrostructureInputs, MicrostructureResult)


def polycrystals(context: StageContext) -> list:
    """Read the meshes of the parents in the role microstructures, with their reduced bases."""
    from argyro.platform.continuum.mesh.mesh import Mesh
    from argyro.platform.continuum.reduced.basis import reduced_model

    meshes = []
    for parent in context.parents("microstructures", MICROSTRUCTURE):
        meshes.append(Mesh.load(parent.folder / MESH))
        reduced_model(meshes[-1], cache=parent.folder)
    return meshes


def add_microstructures(draft: Draft) -> list[str]:
    """Add the polycrystals, each with its own seed; returns the names of their nodes."""
    asked, seed, cost = draft.campaign.homogenization, draft.campaign.seed, draft.costs.microstructure(draft.campaign)
    made = [MicrostructureInputs(grains=asked.grains, seed=seed + number) for number in range(asked.realisations)]
    params = {"grains": asked.grains}
    return [draft.add(MICROSTRUCTURE, str(n), inputs, params=params, cost=cost) for n, inputs in enumerate(made)]
