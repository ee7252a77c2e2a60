import pytest

from argyro.platform.common.errors import InputError
from argyro.platform.common.estimate import Uncertain
from argyro.surrogates.data.observation import Observation
from argyro.surrogates.models.training_arrays import examples_of

VALUE = Uncertain(1e-6, 8e-7, 1.25e-6)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"target": "sideways"}, "not one of bulk"),
        ({"temperature_K": 0.0}, "not positive"),
        ({"diffusivity": None}, "exactly one"),
        ({"upper_bound_cm2_s": 1e-6}, "exactly one"),
        ({"diffusivity": Uncertain(1e-6, -1e-7, 2e-6)}, "positive and ordered"),
        ({"target": "parallel"}, "width"),
    ],
)
def test_observation_refuses_what_means_nothing(cell, changes, says):
    given = {
        "structure": cell("Li6PS5Cl", 0.5),
        "target": "bulk",
        "temperature_K": 600.0,
        "diffusivity": VALUE,
    } | changes
    with pytest.raises(InputError, match=says):
        Observation(**given)


def test_widths_do_not_mix(cell):
    boundary = cell("Li6PS5Cl", 0.5, "sigma5(001)[001]")
    pair = [Observation(boundary, "parallel", 600.0, VALUE, width_nm=width) for width in (1.5, 2.5)]
    with pytest.raises(InputError, match="do not mix"):
        examples_of(pair)


def test_equal_structures_are_one(cell, world):
    examples = examples_of(world.observe([cell("Li6PS5Cl", 0.5), cell("Li6PS5Cl", 0.5)], (600.0, 700.0)))
    assert len(examples.structures) == 1
    assert len(examples.data) == 4
