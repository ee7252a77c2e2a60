import numpy as np
import pytest

from argyro.platform.common.errors import InputError
from argyro.surrogates.serving.comparison import comparison
from argyro.surrogates.serving.population import Population
from argyro.surrogates.serving.predictor import Question
from argyro.surrogates.serving.uncertainty import SOURCES, haven_samples

TWIST, TILT = "sigma5(001)[001]", "sigma5(021)[100]"


@pytest.mark.parametrize(
    "given",
    [f"{TWIST}=0.3 + {TILT}=0.7", f"{TWIST}=0.3, {TILT}=0.7", {TWIST: 0.3, TILT: 0.7}, [f"{TWIST}=0.3", f"{TILT}=0.7"]],
)
def test_notations_of_one_population(given):
    found = Population.of(given)
    assert found.to_json() == {TWIST: 0.3, TILT: 0.7}
    assert Population.of(found.label) == found


def test_names_alone_have_equal_shares_and_the_bulk_has_none():
    assert Population.of([TWIST, TILT]).to_json() == {TWIST: 0.5, TILT: 0.5}
    assert Population.of("bulk").to_json() == {}
    assert Population.equal(["bulk", TILT, TWIST]).to_json() == {TWIST: 0.5, TILT: 0.5}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({TWIST: 0.3, TILT: 0.3}, "add up to 0.6"),
        (f"{TWIST}=0.3 + {TILT}", "for some types only"),
        (f"{TWIST}=much", "is not a number"),
        (f"{TWIST} + {TWIST}", "name each type once"),
        (f"bulk + {TWIST}", "name each type once"),
    ],
)
def test_what_is_no_population_is_refused(given, message):
    with pytest.raises(InputError, match=message):
        Population.of(given)


def test_a_population_of_one_type_is_that_type(oracle):
    alone = oracle.answer(Question("Li6PS5Cl", 0.5, TWIST, 600.0, 100.0))
    assert oracle.answer(Question("Li6PS5Cl", 0.5, f"{TWIST}=1", 600.0, 100.0)) == alone
    assert alone["boundaries"] == {TWIST: 1.0}


def test_a_mixture_lies_between_its_types(oracle):
    names = [name for name in oracle.surrogate.domain.boundaries if name != "bulk"]
    names = [*names, TILT if names == [TWIST] else TWIST][:2]
    label = " + ".join(f"{name}=0.5" for name in names)
    sigma = [
        oracle.answer(Question("Li6PS5Cl", 0.5, b, 600.0, 100.0))["effective_cm2_s"]["value"] for b in (*names, label)
    ]
    assert min(sigma[:2]) * 0.98 <= sigma[2] <= max(sigma[:2]) * 1.02


def test_answers_state_the_sources_of_their_uncertainty_and_published_values(oracle):
    answer = oracle.answer(Question("Li6PS5Cl", 0.5, TWIST, 300.0, 100.0))
    assert set(answer["uncertainty_shares"]) == set(SOURCES)
    assert sum(answer["uncertainty_shares"].values()) == pytest.approx(1.0)
    assert answer["uncertainty_shares"]["run_length"] > 0 and answer["uncertainty_shares"]["interpolation"] == 0
    new = oracle.answer(Question("Li6PS5Cl", 0.3, TWIST, 300.0, 100.0))["uncertainty_shares"]
    assert new["run_length"] == new["realisation"] == 0 < new["interpolation"]
    free = answer["without_meyer_neldel"]
    assert free is None or free["conductivity_mS_cm"]["low"] < free["conductivity_mS_cm"]["high"]
    assert answer["published"]["experiment_mS_cm"]["high"] == pytest.approx(2.05)
    assert answer["disorder"]["origin"] == "given"


def test_samples_of_the_haven_ratio_have_the_limits_of_the_prior():
    low, median, high = np.percentile(haven_samples(4000), [2.5, 50, 97.5])
    assert (low, median, high) == pytest.approx((0.4, 0.7, 1.225), rel=0.01)


def test_known_values_of_the_chloride():
    """Li6PS5Cl, 50 %: 2.203e-7 cm²/s at 300 K (arXiv:2407.04126) are 34 mS/cm by Nernst-Einstein."""
    found = comparison("Li6PS5Cl")
    assert found["theory_mS_cm"]["high"] == pytest.approx(34.2, rel=0.01)
    assert comparison("Li6PS5Cl0.1Br0.9")["values"] == []
