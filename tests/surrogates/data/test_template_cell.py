"""Cells for questions beside those that simulations start from."""

import numpy as np
import pytest

from argyro.platform.common.errors import InputError
from argyro.platform.structures.boundaries.build import build_boundary
from argyro.platform.structures.checks import check
from argyro.platform.structures.crystal.composition import Composition
from argyro.surrogates.data.descriptors import Identity
from argyro.surrogates.data.template_cell import representative_cell
from argyro.surrogates.serving.predictor import Question, oracle_of

TWIN = "sigma3(-111)[110]"


@pytest.mark.parametrize(
    "formula", ["Li6PS5Cl0.3Br0.7", "Li5.5PS4.5Cl1.5", "Li6.5P0.5Ge0.5S5I", "Li6PSe5Cl", "Li7PS6", "Li8SiS6"]
)
@pytest.mark.parametrize("boundary", ["bulk", TWIN])
def test_cells_are_of_the_material_asked_for(formula, boundary):
    atoms, composition = representative_cell(Identity.of(formula, 0.5, boundary)), Composition.parse(formula)
    realised = Composition.parse(atoms.get_chemical_formula())
    assert all(realised[element] == pytest.approx(composition[element], abs=0.1) for element in composition.elements)
    assert atoms.info["realised_disorder"] == pytest.approx(0.5 if composition.halides else 0.0, abs=0.1)
    atoms.info["boundaries"] = 0 if boundary == "bulk" else 2
    assert all(check(atoms).values()), check(atoms)


def test_geometry_is_that_of_the_cells_which_are_simulated():
    """Another lattice parameter only scales it: same size, same planes, same number of ions."""
    asked, built = representative_cell(Identity.of("Li6PS5I", 0.0, TWIN)), build_boundary("Li6PS5I", 0.0, TWIN)
    assert len(asked) == len(built)
    np.testing.assert_allclose(asked.cell.lengths(), built.cell.lengths(), rtol=0.01)


def test_networks_hardly_tell_it_from_a_simulated_cell():
    """By less than half of what the networks differ by among themselves, at 300 K, where they differ most."""
    surrogate = oracle_of().surrogate
    if surrogate.ensemble is None:
        pytest.skip("the surrogate that ships has no networks")
    identity = Identity.of("Li6PS5Cl0.3Br0.7", 0.4, TWIN)
    cells = representative_cell(identity), build_boundary(identity.composition, identity.disorder, TWIN)
    graphs = [surrogate.graph(atoms) for atoms in cells]
    coefficients = surrogate.ensemble.coefficients(graphs, surrogate.prior)
    asked, built = np.moveaxis(surrogate.prior.log_diffusivity(coefficients, np.array([300.0]))[..., 0], 1, 0)
    assert np.all(np.abs(asked.mean(axis=0) - built.mean(axis=0)) < 0.5 * built.std(axis=0))


def test_bulk_is_the_same_whatever_boundary_is_asked():
    """Of a material that was not trained: the networks are asked for the bulk in a cell without a boundary."""
    oracle = oracle_of()
    answers = [
        oracle.answer(Question("Li6PS5Cl0.5Br0.5", 0.4, boundary, 300.0, 1e6))
        for boundary in ("bulk", TWIN, "sigma5(001)[001]")
    ]
    bulk = answers[0]["bulk_cm2_s"]
    for answer in answers[1:]:
        for limit in ("value", "low", "high"):
            assert answer["bulk_cm2_s"][limit] == pytest.approx(bulk[limit], rel=1e-6)
        assert answer["effective_cm2_s"]["value"] == pytest.approx(bulk["value"], rel=0.02)


def test_same_question_same_cell_and_wrong_names_are_refused():
    identity = Identity.of("Li6PS5Br", 0.25, TWIN)
    assert representative_cell(identity) == representative_cell(identity)
    with pytest.raises(InputError):
        representative_cell(Identity("Li6PS5Br", 1.5, "bulk"))
