"""What a mesh looks like in numbers, before anything is computed on it."""

from __future__ import annotations

import numpy as np

from argyro.platform.continuum.mesh.mesh import Mesh
from argyro.platform.continuum.mesh.polycrystal import equivalent_diameter


def quality_report(mesh: Mesh) -> dict[str, float]:
    """Sizes, shapes and the widest boundary a mesh serves.

    Keys: counts; ``volume`` (1 for a full period); ``boundary_area_d`` = A d / V with d the grain size;
    ``size_spread``, standard deviation of ln(grain diameter); ``least_shape`` and ``median_shape`` of 6√2 V / l_rms³
    (1 for a regular tetrahedron); ``widest_width_over_size``, the w/d at which a boundary fills its tetrahedra.
    """
    corner = mesh.points[mesh.tets]
    first, second = np.triu_indices(4, 1)
    rms = np.sqrt(((corner[:, first] - corner[:, second]) ** 2).sum(2).mean(1))
    shape = 6 * np.sqrt(2) * mesh.volumes / rms**3
    grain_volumes = np.bincount(mesh.tet_grain, mesh.volumes, mesh.grains)
    behind = mesh.volumes[np.concatenate([mesh.tet_a, mesh.tet_b])]
    return {
        "grains": mesh.grains,
        "tetrahedra": len(mesh.tets),
        "boundary_triangles": len(mesh.side_a),
        "facets": int(mesh.boundary_facet.max()) + 1,
        "classes": mesh.classes,
        "volume": float(mesh.volumes.sum()),
        "boundary_area_d": float(mesh.areas.sum() * mesh.grain_size),
        "size_spread": float(np.log(equivalent_diameter(grain_volumes)).std()),
        "least_shape": float(shape.min()),
        "median_shape": float(np.median(shape)),
        "widest_width_over_size": float((2 * behind / np.tile(mesh.areas, 2)).min() / mesh.grain_size),
    }
