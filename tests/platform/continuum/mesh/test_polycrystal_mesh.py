import numpy as np
import pytest

from argyro.platform.common.errors import InputError
from argyro.platform.continuum.mesh.mesh import Mesh, mesh
from argyro.platform.continuum.mesh.polycrystal import Polycrystal, voronoi_polycrystal


def test_grains_fill_the_period_and_touch_corner_for_corner(polycrystal_mesh):
    m = polycrystal_mesh
    assert m.volumes.sum() == pytest.approx(1.0, abs=1e-12)
    offset = m.points[m.side_b] - m.points[m.side_a]
    np.testing.assert_allclose(offset, np.round(offset), atol=1e-9)
    assert np.ptp(np.round(offset), axis=1).max() == 0


def test_divergence_theorem_holds_on_every_grain(polycrystal_mesh):
    # ∮ n dA = 0 for each grain: facets are complete and normals point from a to b.
    m = polycrystal_mesh
    total = np.zeros((m.grains, 3))
    np.add.at(total, m.boundary_grains[:, 0], m.normals * m.areas[:, None])
    np.add.at(total, m.boundary_grains[:, 1], -m.normals * m.areas[:, None])
    np.testing.assert_allclose(total, 0, atol=1e-12)


def test_euler_formula_of_every_grain(polycrystal_mesh):
    m = polycrystal_mesh
    for grain in range(m.grains):
        sides = np.concatenate([m.side_a[m.boundary_grains[:, 0] == grain], m.side_b[m.boundary_grains[:, 1] == grain]])
        edges = np.unique(np.sort(sides[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1), axis=0)
        assert len(np.unique(sides)) - len(edges) + len(sides) == 2


def test_grains_are_the_nearest_centres(polycrystal_mesh):
    crystal = voronoi_polycrystal(27, seed=0)
    middles = polycrystal_mesh.points[polycrystal_mesh.tets].mean(1)
    np.testing.assert_array_equal(crystal.owner(middles), polycrystal_mesh.tet_grain)


def test_refinement_keeps_volume_and_area(small_mesh):
    finer = mesh(voronoi_polycrystal(8, seed=1), refinements=1)
    assert len(finer.tets) == 8 * len(small_mesh.tets)
    assert len(finer.side_a) == 4 * len(small_mesh.side_a)
    assert finer.volumes.sum() == pytest.approx(1.0, abs=1e-12)
    assert finer.areas.sum() == pytest.approx(small_mesh.areas.sum(), abs=1e-12)
    np.testing.assert_allclose(
        finer.points[finer.side_b] % 1.0 % 0.999999, finer.points[finer.side_a] % 1.0 % 0.999999, atol=2e-6
    )


def test_bricks(brick_mesh):
    assert brick_mesh.areas.sum() == pytest.approx(
        4.0
    )  # two faces of area 1 normal to z, and area 1 each normal to x and y
    assert brick_mesh.areas[brick_mesh.boundary_class == 0].sum() == pytest.approx(2.0)


@pytest.mark.parametrize("spread", [0.2, 0.35])
def test_log_normal_sizes_have_the_spread_that_was_drawn(spread):
    m = mesh(voronoi_polycrystal(64, seed=2, lloyd_steps=2, size_spread=spread))
    assert m.volumes.sum() == pytest.approx(1.0, abs=1e-10)
    diameters = np.cbrt(np.bincount(m.tet_grain, m.volumes, m.grains))
    assert np.log(diameters).std() == pytest.approx(spread, rel=0.25)  # 64 draws alone scatter by 9 %


def test_saved_and_reloaded(small_mesh, tmp_path):
    small_mesh.save(tmp_path / "mesh.npz")
    again = Mesh.load(tmp_path / "mesh.npz")
    assert again.hash == small_mesh.hash
    np.testing.assert_array_equal(again.points, small_mesh.points)


def test_a_file_that_is_no_mesh_is_refused(tmp_path):
    (tmp_path / "mesh.npz").write_text("no")
    with pytest.raises(InputError, match="not a polycrystal mesh"):
        Mesh.load(tmp_path / "mesh.npz")


def test_seeds_decide_everything():
    assert mesh(voronoi_polycrystal(8, seed=3)).hash == mesh(voronoi_polycrystal(8, seed=3)).hash
    assert mesh(voronoi_polycrystal(8, seed=3)).hash != mesh(voronoi_polycrystal(8, seed=4)).hash


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        ({"grains": 4}, "grains 4 is outside 8 to 4096"),
        ({"grains": 10**6}, "8 to 4096"),
        ({"lloyd_steps": -1}, "lloyd_steps -1"),
        ({"size_spread": 2.0}, "size_spread 2"),
    ],
)
def test_polycrystals_that_cannot_be(arguments, what):
    with pytest.raises(InputError, match=what):
        voronoi_polycrystal(**arguments)


def test_slivers_are_refused():
    centres = np.random.default_rng(0).random((8, 3)) * [1, 1, 1e-9]
    with pytest.raises(InputError):
        mesh(Polycrystal(centres, np.zeros(8)))
