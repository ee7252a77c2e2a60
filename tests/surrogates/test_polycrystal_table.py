import numpy as np
import pytest

from argyro.platform.errors import InputError
from argyro.surrogates.polycrystal import PolycrystalTable


def test_spline_follows_the_homogenization(polycrystal):
    """Random ratios over eight decades and widths over five: within 2 % (0.15 % but for the corners) of the law that
    was tabulated.
    """
    rng = np.random.default_rng(0)
    bulk, parallel, perpendicular = np.exp(rng.uniform(np.log(1e-10), np.log(1e-6), size=(3, 2000)))
    for width_over_size in (0.1, 0.02, 0.01, 1e-4, 1e-6):
        found = polycrystal.effective_cm2_s(bulk, parallel, perpendicular, 2.5, 2.5 / width_over_size)
        law = (1 + 1.83 * width_over_size * parallel / bulk) / (1 + 0.91 * width_over_size * bulk / perpendicular)
        np.testing.assert_allclose(found, bulk * law, rtol=0.02)


def test_grains_must_be_wider_than_their_boundaries(polycrystal):
    with pytest.raises(InputError, match="at least 25 nm"):
        polycrystal.effective_cm2_s(np.ones(1), np.ones(1), np.ones(1), 2.5, 20.0)


def test_saved_table_answers_the_same(polycrystal, tmp_path):
    polycrystal.save(tmp_path / "table.safetensors")
    again = PolycrystalTable.load(tmp_path / "table.safetensors")
    one = np.array([1e-7])
    assert again.effective_cm2_s(one, 3 * one, one, 2.5, 100.0) == polycrystal.effective_cm2_s(
        one, 3 * one, one, 2.5, 100.0
    )


@pytest.mark.slow
def test_table_equals_the_finite_elements():
    """Random materials, widths and grain sizes: within 1 % of a direct solution on the same mesh."""
    from argyro.platform.continuum.homogenize import effective_diffusivity
    from argyro.platform.continuum.mesh import mesh
    from argyro.platform.continuum.polycrystal import voronoi_polycrystal

    grains = mesh(voronoi_polycrystal(27, seed=0))
    table = PolycrystalTable.of_mesh(grains)
    rng = np.random.default_rng(1)
    for _ in range(6):
        parallel, perpendicular = 1e-7 * np.exp(rng.uniform(-6, 6, size=2))
        size_nm = 2.5 / np.exp(rng.uniform(np.log(1e-3), np.log(0.09)))
        direct = effective_diffusivity(grains, 1e-7, parallel, perpendicular, 2.5, size_nm, "direct").mean_cm2_s
        found = table.effective_cm2_s(*(np.array([d]) for d in (1e-7, parallel, perpendicular)), 2.5, size_nm)[0]
        assert found == pytest.approx(direct, rel=0.01)
