"""One polycrystal: its mesh, shared by all materials, temperatures and grain sizes."""

from __future__ import annotations

from argyro.campaigns.stages import StageDefinition
from argyro.platform.execution import StageContext

MESH = "mesh.npz"


def run(context: StageContext) -> dict:
    """Inputs: grains, seed."""
    from argyro.platform.continuum.mesh import mesh
    from argyro.platform.continuum.polycrystal import voronoi_polycrystal

    made = mesh(voronoi_polycrystal(context.inputs["grains"], context.inputs["seed"]))
    made.save(context.workdir / MESH)
    return {"grains": context.inputs["grains"]}


MICROSTRUCTURE = StageDefinition("microstructure", 1, run)
