import numpy as np
import pytest

from argyro.platform.continuum.boundary_mixture import mixed_layer
from argyro.platform.continuum.homogenize import effective_diffusivity


def test_classes_alike_are_their_mixture():
    parallel, perpendicular = mixed_layer(np.full((3, 5), 2.0), np.full((3, 5), 0.3), (0.2, 0.3, 0.5))
    np.testing.assert_allclose(parallel, 2.0, rtol=1e-12)
    np.testing.assert_allclose(perpendicular, 0.3, rtol=1e-12)


def test_a_small_difference_gives_the_mean():
    parallel, _ = mixed_layer(np.array([[1.0], [1.01]]), np.ones((2, 1)), (0.3, 0.7))
    assert parallel[0] == pytest.approx(1.007, rel=1e-4)


@pytest.mark.parametrize(
    ("one", "other"), [((10.0, 10.0), (1.0, 1.0)), ((0.1, 0.1), (0.5, 0.5)), ((5.0, 0.2), (0.5, 0.5))]
)
def test_the_mixture_conducts_like_classes_spread_over_the_mesh(polycrystal_mesh, one, other):
    shares = (0.4, 0.6)
    spread = polycrystal_mesh.with_classes(_of_boundaries(polycrystal_mesh, shares))
    parallel, perpendicular = zip(one, other, strict=True)
    classes = effective_diffusivity(spread, 1.0, parallel, perpendicular, 0.05, 1.0, "direct")
    layer = mixed_layer(np.array(parallel)[:, None], np.array(perpendicular)[:, None], shares)
    mixture = effective_diffusivity(polycrystal_mesh, 1.0, layer[0][0], layer[1][0], 0.05, 1.0, "direct")
    assert mixture.mean_cm2_s == pytest.approx(classes.mean_cm2_s, rel=0.05)


def _of_boundaries(mesh, shares):
    """The class of each boundary triangle: whole boundaries in random order, each to the class that lacks most area."""
    _, boundary = np.unique(np.sort(mesh.boundary_grains, axis=1), axis=0, return_inverse=True)
    area = np.bincount(boundary.ravel(), mesh.areas)
    missing, number = np.array(shares) * area.sum(), np.zeros(len(area), dtype=int)
    for place in np.random.default_rng(1).permutation(len(area)):
        number[place] = int(np.argmax(missing))
        missing[number[place]] -= area[place]
    return number[boundary.ravel()]
