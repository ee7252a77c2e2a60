import pytest

from argyro.platform.common.errors import InputError
from argyro.surrogates.data.observation import Observation
from argyro.surrogates.models.training_arrays import examples_of


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"target": "sideways"}, "not one of bulk"),
        ({"temperature_K": 0.0}, "not positive"),
        ({"log_value": None}, "jumps_per_cm2_s"),
        ({"log_sigma": 0.0}, "positive standard deviation"),
        ({"target": "parallel"}, "width"),
        ({"target": "parallel", "width_nm": 3.0, "thickness_nm": 2.5}, "width"),
    ],
)
def test_observation_refuses_what_means_nothing(cell, changes, says):
    given = {
        "structure": cell("Li6PS5Cl", 0.5),
        "target": "bulk",
        "temperature_K": 600.0,
        "log_value": -13.8,
        "log_sigma": 0.1,
    } | changes
    with pytest.raises(InputError, match=says):
        Observation(**given)


def test_widths_do_not_mix(cell):
    boundary = cell("Li6PS5Cl", 0.5, "sigma5(001)[001]")
    pair = [Observation(boundary, "parallel", 600.0, -13.8, 0.1, width_nm=w, thickness_nm=5.0) for w in (1.5, 2.5)]
    with pytest.raises(InputError, match="do not mix"):
        examples_of(pair)


def test_equal_structures_are_one(cell, world):
    examples = examples_of(world.observe([cell("Li6PS5Cl", 0.5), cell("Li6PS5Cl", 0.5)], (600.0, 700.0)))
    assert len(examples.structures) == 1
    assert len(examples.runs) == 4


def test_bound_is_the_poisson_limit_of_the_cell_over_the_share_of_the_boundary(cell):
    boundary = cell("Li6PS5Cl", 0.5, "sigma5(001)[001]")
    run = {"log_value": None, "jumps_per_cm2_s": 1e8, "width_nm": 2.0, "thickness_nm": 5.0}
    bound = Observation(boundary, "parallel", 500.0, **run).upper_bound_cm2_s
    assert bound == pytest.approx(2.996e-8 / 0.4, rel=1e-3)  # -ln 0.05 jumps are expected at the limit
