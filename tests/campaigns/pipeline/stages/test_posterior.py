"""Candidates are drawn together: what they share is the same in every sample, what is their own is not."""

import numpy as np
import pytest
from ase.io import write
from synthetic_laws import World

from argyro.campaigns.pipeline.stages import posterior
from argyro.campaigns.pipeline.stages.structure import FILE
from argyro.campaigns.pipeline.stages.surrogate import MODEL
from argyro.platform.execution.stage import StageContext
from argyro.platform.structures.crystal.bulk import build_bulk
from argyro.surrogates.training.train import SurrogateOptions, train_surrogate

CANDIDATES = [
    ("Li6PS5Cl", 0.5, "sigma5(001)[001]"),
    ("Li6PS5Cl", 0.5, "sigma3(-111)[110]"),
    ("Li6PS5I", 0.0, "sigma5(001)[001]"),
]


def cell(composition, disorder, boundary):
    atoms = build_bulk(composition, disorder)
    atoms.info["boundary"] = boundary
    return atoms


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    folder = tmp_path_factory.mktemp("posterior")
    measured = World().observe([build_bulk("Li6PS5Br", 0.25), build_bulk("Li6PS5Br", 0.75)], (600.0, 900.0))
    train_surrogate(measured, SurrogateOptions(candidates=("gp",)), 0).save(folder / "surrogate" / MODEL)
    cells = [folder / str(number) for number in range(len(CANDIDATES))]
    for path, candidate in zip(cells, CANDIDATES, strict=True):
        path.mkdir()
        write(path / FILE, cell(*candidate))
    (folder / "work").mkdir()
    parents = {"surrogate": [folder / "surrogate"], "structures": cells}
    posterior.run(StageContext(posterior.PosteriorInputs(samples=2000, seed=0), parents, folder / "work", None))
    drawn = np.load(folder / "work" / posterior.COEFFICIENTS)
    return [drawn[f"{composition}|{disorder:g}|{boundary}"] for composition, disorder, boundary in CANDIDATES]


def correlation(a, b, target):
    """Of the barriers of two candidates."""
    return np.corrcoef(a[:, target, 1], b[:, target, 1])[0, 1]


def test_the_bulk_of_one_material_is_the_same_whatever_its_boundary(samples):
    assert correlation(samples[0], samples[1], target=0) > 0.999


def test_different_materials_and_boundaries_are_not_drawn_alike(samples):
    assert correlation(samples[0], samples[2], target=0) < 0.9
    assert correlation(samples[0], samples[1], target=1) < 0.99
