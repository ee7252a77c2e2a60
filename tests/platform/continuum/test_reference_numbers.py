"""Reference table of the collapsed-interface model: 27 grains, seed 0, 5 Lloyd steps, sizes as (V/N)^(1/3)."""

import numpy as np
import pytest

from argyro.platform.continuum.homogenize import effective_diffusivity
from argyro.platform.continuum.mesh.mesh import mesh
from argyro.platform.continuum.mesh.polycrystal import voronoi_polycrystal

CUBE_TO_SPHERE = (6 / np.pi) ** (1 / 3)

# w/d, D_par, D_perp, coarse mesh, refined once; source: two independent earlier implementations.
TABLE = [
    (0.1, 10, 10, 2.6514, 2.6518),
    (0.1, 1e3, 1e3, 184.03, 184.08),
    (0.1, 0.1, 0.1, 0.5093, 0.5098),
    (0.01, 10, 10, 1.16539, 1.16554),
    (0.01, 1e3, 1e3, 19.309, 19.311),
    (0.01, 1e-3, 1e-3, 0.09920, 0.09924),
    (0.01, 100, 1, 2.8169, 2.8170),
    (0.01, 100, 0.01, 2.393, 2.402),
    (0.001, 10, 10, 1.01654, 1.01656),
    (0.001, 1e3, 1e3, 2.83339, 2.83348),
    (0.001, 1e-3, 1e-3, 0.52318, 0.52305),
]


@pytest.fixture(scope="module")
def coarse():
    return mesh(voronoi_polycrystal(27, seed=0, lloyd_steps=5))


@pytest.fixture(scope="module")
def refined():
    return mesh(voronoi_polycrystal(27, seed=0, lloyd_steps=5), refinements=1)


def mean(on_mesh, ratio, parallel, perpendicular):
    return effective_diffusivity(
        on_mesh, 1.0, parallel, perpendicular, ratio, CUBE_TO_SPHERE, method="direct"
    ).mean_cm2_s


@pytest.mark.parametrize("row", TABLE, ids=str)
def test_reference_table_on_the_coarse_mesh(coarse, row):
    assert mean(coarse, *row[:3]) == pytest.approx(row[3], rel=2e-4)


@pytest.mark.parametrize("row", [TABLE[3], TABLE[5], TABLE[7]], ids=str)
def test_reference_table_on_the_refined_mesh(refined, row):
    assert mean(refined, *row[:3]) == pytest.approx(row[4], rel=2e-4)


@pytest.mark.parametrize("contrast", [1e3])
def test_mesh_error_below_a_tenth_of_a_percent(coarse, refined, contrast):
    assert mean(coarse, 0.01, contrast, contrast) == pytest.approx(mean(refined, 0.01, contrast, contrast), rel=1e-3)
