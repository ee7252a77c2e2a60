"""Small labelled cells and a world of known Arrhenius laws."""

import numpy as np
import pytest
from ase import Atoms
from synthetic_laws import World

COUNTS = {"Li": 24, "P": 4, "S": 20, "X": 4}
SITE = {"Li": "48h", "P": "4b", "S": "16e", "X": "4a"}


def labelled_cell(composition, disorder, boundary="bulk", seed=0):
    """52 ions at random places that keep 1.5 Å apart, labelled as the structure builder labels them."""
    rng = np.random.default_rng(seed)
    halide = next(h for h in ("Cl", "Br", "I") if h in composition)
    kinds = [kind for kind, count in COUNTS.items() for _ in range(count)]
    points = np.stack(np.meshgrid(*[np.arange(4)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)[rng.permutation(64)[:52]]
    atoms = Atoms(
        [halide if k == "X" else k for k in kinds],
        (points + 0.2 * rng.random((52, 3))) * 2.47,
        cell=[9.87] * 3,
        pbc=True,
    )
    atoms.arrays["site"] = np.array([SITE[kind] for kind in kinds])
    distance = np.full(52, 1e9) if boundary == "bulk" else np.abs(atoms.positions[:, 2] - 4.9)
    atoms.arrays["boundary_distance_A"] = distance
    atoms.info.update(composition=composition, disorder=disorder, boundary=boundary)
    return atoms


@pytest.fixture
def cell():
    return labelled_cell


@pytest.fixture
def world():
    return World()


@pytest.fixture(scope="session")
def small_campaign():
    """Two materials with a boundary each at three temperatures: 18 observations, like the quickstart."""
    cells = [
        labelled_cell(c, d, b) for c, d in (("Li6PS5Cl", 0.5), ("Li6PS5I", 0.0)) for b in ("bulk", "sigma5(001)[001]")
    ]
    return World().observe(cells, (600.0, 750.0, 900.0))


@pytest.fixture(scope="session")
def polycrystal():
    from argyro.platform.continuum.mesh.mesh import mesh
    from argyro.platform.continuum.mesh.polycrystal import voronoi_polycrystal
    from argyro.surrogates.homogenized.polycrystal import Polycrystal

    return Polycrystal(mesh(voronoi_polycrystal(8, seed=0)))


@pytest.fixture(scope="session")
def oracle(small_campaign, polycrystal):
    from argyro.surrogates.serving.predictor import Oracle
    from argyro.surrogates.training.train import SurrogateOptions, train_surrogate

    return Oracle(train_surrogate(small_campaign, SurrogateOptions(candidates=("ridge", "gp")), seed=0), polycrystal)
