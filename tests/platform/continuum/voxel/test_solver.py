import numpy as np
import pytest

from argyro.platform.common.errors import InputError
from argyro.platform.continuum.homogenize import effective_diffusivity
from argyro.platform.continuum.voxel.solver import solve_voxels, voxel_tensor
from argyro.platform.continuum.voxel.structure import diffusivity_field, nearest_boundary


def isotropic(diffusivity):
    field = np.zeros((6, *diffusivity.shape))
    field[:3] = diffusivity
    return field


def test_layers_are_exact():
    layers = np.ones((16, 16, 16))
    layers[:4] = 7.0
    tensor = solve_voxels(isotropic(layers), 1e-8, "float64").tensor
    arithmetic, harmonic = 0.25 * 7 + 0.75, 1 / (0.25 / 7 + 0.75)
    np.testing.assert_allclose(tensor, np.diag([harmonic, arithmetic, arithmetic]), atol=1e-10)


def test_a_checkerboard_is_the_geometric_mean():
    x, y, _ = np.indices((64, 64, 2)) // 32
    board = np.where((x + y) % 2, 4.0, 1.0)
    field = isotropic(np.repeat(board, 32, axis=2))
    assert solve_voxels(field).tensor[0, 0] == pytest.approx(2.0057, abs=2e-4)  # converges to 2 for fine voxels


def test_a_coated_cube_lies_between_the_brick_layer_formulas():
    wall = (np.abs(np.indices((32, 32, 32)) - 15.5) > 14).any(0)
    mean = np.trace(solve_voxels(isotropic(np.where(wall, 10.0, 1.0))).tensor) / 3
    width, fast = 1 / 8, 10.0
    core = 1 - width
    series_first = core**2 / (core + width / fast) + (1 - core**2) * fast  # columns side by side
    slabs = 1 / (core / (core**2 + (1 - core**2) * fast) + width / fast)  # slabs in series
    assert series_first < mean < slabs
    assert mean == pytest.approx(3.279, rel=2e-3)


def test_a_rotated_medium_gives_a_rotated_tensor():
    generator = np.random.default_rng(0)
    root = generator.standard_normal((3, 3, 8, 8, 8))
    full = np.einsum("ikxyz,jkxyz->ijxyz", root, root) + np.eye(3)[:, :, None, None, None]

    def solved(full):
        pairs = ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))
        return solve_voxels(np.stack([full[pair] for pair in pairs]), 1e-8, "float64").tensor

    turned = np.transpose(full, (0, 1, 3, 4, 2))[[1, 2, 0]][:, [1, 2, 0]]  # x, y, z -> y, z, x
    np.testing.assert_allclose(solved(turned), solved(full)[[1, 2, 0]][:, [1, 2, 0]], rtol=1e-7)


@pytest.mark.parametrize("contrast", [100.0, 0.1])
def test_the_error_bound_holds(polycrystal_mesh, contrast):
    field = diffusivity_field(polycrystal_mesh, 0.05, [contrast], [0.9 * contrast], 16)
    exact = solve_voxels(field, 1e-8, "float64").tensor
    for tolerance in (0.1, 1e-2, 1e-3):
        rough = solve_voxels(field, tolerance, "float64")
        assert np.linalg.norm(rough.tensor - exact, 2) / (np.trace(exact) / 3) <= rough.error
    single = solve_voxels(field)
    assert np.linalg.norm(single.tensor - exact, 2) / (np.trace(exact) / 3) <= single.error


def test_voxels_near_a_boundary_know_its_grains(polycrystal_mesh):
    m = polycrystal_mesh
    middles = m.points[m.side_a].mean(1)
    grain, neighbour, distance, normal = nearest_boundary(m, (middles + 1e-4 * m.normals) % 1.0)
    np.testing.assert_array_equal(grain, m.boundary_grains[:, 1])
    here = np.isclose(distance, 1e-4, rtol=1e-6)  # centroids of a few small triangles are closer to another facet
    assert here.mean() > 0.99
    np.testing.assert_array_equal(neighbour[here], m.boundary_grains[here, 0])
    np.testing.assert_allclose(np.abs((normal * m.normals).sum(1))[here], 1, rtol=1e-9)


@pytest.mark.parametrize(("contrast", "tolerance"), [(10.0, 0.03), (0.1, 0.05)])
def test_collapsed_and_voxel_boundaries_agree_where_both_hold(small_mesh, contrast, tolerance):
    # w/d = 0.1 with 8 grains: five of 64 voxels across; the voxel solution has about this accuracy.
    collapsed = effective_diffusivity(small_mesh, 1.0, contrast, contrast, 0.1, 1.0, "direct").mean_cm2_s
    width = 0.1 * small_mesh.grain_size
    resolved = np.trace(voxel_tensor(small_mesh, width, [contrast], [contrast], cells=64).tensor) / 3
    assert collapsed == pytest.approx(resolved, rel=tolerance)


def test_wide_boundaries_go_to_voxels_and_say_so(small_mesh):
    found = effective_diffusivity(small_mesh, 1.0, 3.0, 2.0, 5.0, 20.0)
    assert found.method == "voxel"
    assert "w/d = 0.25" in found.note
    assert "voxels" in found.note


def test_a_voxel_grid_too_coarse_for_the_boundary_is_refused(small_mesh):
    with pytest.raises(InputError, match="use method 'direct'"):
        effective_diffusivity(small_mesh, 1.0, 3.0, 2.0, 2.5, 1000.0, "voxel")


@pytest.mark.parametrize("field", [np.ones((6, 4, 4, 8)), np.ones((3, 4, 4, 4)), -isotropic(np.ones((4, 4, 4)))])
def test_a_field_that_is_no_diffusivity_is_refused(field):
    with pytest.raises(InputError):
        solve_voxels(field)


def test_an_indefinite_tensor_is_refused():
    field = isotropic(np.ones((4, 4, 4)))
    field[5] = 2.0
    with pytest.raises(InputError, match="eigenvalue"):
        solve_voxels(field)
