"""Answers without a disorder are mixtures over the estimated one."""

from dataclasses import replace

import numpy as np
import pytest

from argyro.platform.common.estimate import Limits, Uncertain
from argyro.surrogates.models.prediction import Prediction
from argyro.surrogates.serving.bundled_model import shipped_disorders
from argyro.surrogates.serving.predictor import oracle_of
from argyro.surrogates.serving.unknown_disorder import (
    NODES,
    SpreadQuery,
    disorder_nodes,
    expected_disorder,
    spread_prediction,
)


def prediction(value: float) -> Prediction:
    samples, barriers = np.full((100, 3, 1), value), np.full((100, 3), 0.2)
    return Prediction((300.0,), samples, barriers, 1.0, (), (2 * samples, barriers))


def test_nodes_have_the_median_and_the_spread_of_the_estimate():
    nodes = disorder_nodes(Uncertain(0.2, 0.05, 0.55))
    assert len(nodes) == NODES and nodes == sorted(nodes)
    assert nodes[NODES // 2] == pytest.approx(0.2)
    assert 0.05 < nodes[0] < nodes[-1] < 0.55
    assert disorder_nodes(Uncertain(0.0, 0.0, 0.0)) == [0.0]


def test_each_disorder_contributes_equally_many_samples():
    mixed = spread_prediction([prediction(value) for value in (1.0, 2.0, 3.0, 4.0, 5.0)])
    assert [int((mixed.samples[:, 0, 0] == value).sum()) for value in (1, 2, 3, 4, 5)] == [20] * 5
    np.testing.assert_array_equal(mixed.given_reference.samples, 2 * mixed.samples)


def test_a_prediction_of_the_campaign_decides_beside_nothing_known():
    formula = "Li6.6P0.4Ge0.6S5I"
    told = {formula: {"value": 0.3, "low": 0.25, "high": 0.35}}
    assert expected_disorder(formula, told).value == pytest.approx(0.3, abs=0.08)
    assert expected_disorder("Li6PS5Cl", {}).value == pytest.approx(0.6, abs=0.15)  # refined 62 %


def test_an_unknown_disorder_widens_the_conductivity_and_names_its_share():
    oracle = oracle_of()
    composition = "Li6PS5Br"
    query = oracle.ask(composition, None, "bulk")
    assert isinstance(query, SpreadQuery)
    answer, alone = (
        oracle.answer_query(query, 300.0, 1000.0),
        oracle.answer_query(query.parts[NODES // 2], 300.0, 1000.0),
    )
    widths = [np.log(one["conductivity_mS_cm"]["high"] / one["conductivity_mS_cm"]["low"]) for one in (answer, alone)]
    assert widths[0] > widths[1]
    assert answer["uncertainty_shares"]["disorder"] > alone["uncertainty_shares"]["disorder"] == 0.0
    assert answer["disorder"]["origin"] == "estimated"
    certain = replace(query, parts=(query.parts[2],) * NODES)
    assert oracle.answer_query(certain, 300.0, 1000.0)["uncertainty_shares"]["disorder"] < 0.03  # noise of 256 samples


def test_shipped_predictions_are_those_of_one_reference():
    source = oracle_of().surrogate.report["label_source"]
    assert shipped_disorders(source) and not shipped_disorders("chgnet 0.4.2")


def test_the_answer_names_the_limits_given_the_reference():
    oracle = oracle_of()
    predicted = shipped_disorders(oracle.surrogate.report["label_source"])["Li6PS5Br"]
    limits = oracle.expected_disorder("Li6PS5Br").given_reference
    assert limits == Limits(predicted.low, predicted.high)
    assert oracle.expected_disorder("Li6PS5Cl0.25Br0.75").given_reference is None
