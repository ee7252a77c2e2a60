import numpy as np
import pytest

from argyro.platform.continuum.homogenize import effective_diffusivity
from argyro.platform.continuum.mesh.mesh import refined


def test_a_medium_like_the_grains_has_no_mesh_error(small_mesh):
    found = effective_diffusivity(small_mesh, 1.0, 1.0, 1.0, 0.02, 1.0, "direct", estimate_mesh_error=True)
    assert found.mesh_error < 1e-9


def test_the_estimate_holds_the_change_by_a_refinement_and_joins_the_bound(small_mesh):
    query = (1.0, 100.0, 0.01, 0.02, 1.0, "direct")
    coarse = effective_diffusivity(small_mesh, *query, estimate_mesh_error=True)
    change = abs(coarse.mean_cm2_s / effective_diffusivity(refined(small_mesh), *query).mean_cm2_s - 1)
    assert 0 < change <= coarse.mesh_error <= 2 * change
    assert coarse.relative_error_bound == coarse.basis_error + coarse.mesh_error
    assert set(coarse.to_json()) >= {"basis_error", "mesh_error", "relative_error_bound"}
    assert np.isfinite(coarse.relative_error_bound)


def test_voxels_are_compared_with_a_coarser_grid(small_mesh):
    found = effective_diffusivity(small_mesh, 1.0, 2.0, 2.0, 0.3, 1.0, estimate_mesh_error=True)
    assert found.method == "voxel"
    assert found.mesh_error == pytest.approx(0.01, abs=0.02)
