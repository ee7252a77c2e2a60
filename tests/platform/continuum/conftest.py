import numpy as np
import pytest

from argyro.platform.continuum.mesh.mesh import mesh
from argyro.platform.continuum.mesh.polycrystal import Polycrystal, voronoi_polycrystal


@pytest.fixture(scope="session")
def polycrystal_mesh():
    return mesh(voronoi_polycrystal(27, seed=0, lloyd_steps=5))


@pytest.fixture(scope="session")
def small_mesh():
    """Build a mesh of few grains for tests that do not depend on their number."""
    return mesh(voronoi_polycrystal(8, seed=1, lloyd_steps=5))


@pytest.fixture(scope="session")
def brick_mesh():
    """Build two stacked bricks in the unit cube; boundaries normal to z are class 0, all others class 1."""
    bricks = mesh(Polycrystal(np.array([[0.5, 0.5, 0.25], [0.5, 0.5, 0.75]]), np.zeros(2)))
    return bricks.with_classes((np.abs(bricks.normals[:, 2]) < 0.5).astype(int))
