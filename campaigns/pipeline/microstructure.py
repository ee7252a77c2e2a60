"""One polycrystal: its mesh and reduced basis, shared by all materials, temperatures and grain sizes."""

from __future__ import annotations

from argyro.campaigns.pipeline.stage import StageDefinition
from argyro.platform.execution.task import StageContext

MESH = "mesh.npz"


def run(context: StageContext) -> dict:
    """Inputs: grains, seed."""
    from argyro.platform.continuum.mesh.mesh import mesh
    from argyro.platform.continuum.mesh.polycrystal import voronoi_polycrystal
    from argyro.platform.continuum.reduced.basis import reduced_model

    made = mesh(voronoi_polycrystal(context.inputs["grains"], context.inputs["seed"]))
    made.save(context.workdir / MESH)
    basis = reduced_model(made, cache=context.workdir)
    return {"grains": context.inputs["grains"], "modes": basis.modes, "largest_relative_error": basis.worst}


MICROSTRUCTURE = StageDefinition("microstructure", 1, run)
