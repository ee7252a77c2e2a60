"""Predicted disorders in the report: corrected, and given the reference."""

import pytest

from argyro.campaigns.pipeline.graph import Finished, Graph, Node
from argyro.campaigns.pipeline.notes import Note
from argyro.campaigns.pipeline.stages.disorder import DISORDER, DisorderInputs, DisorderResult
from argyro.campaigns.pipeline.used_disorders import best_disorders
from argyro.campaigns.reporting.series_section import disorder_rows
from argyro.campaigns.reporting.warning_groups import grouped_notes
from argyro.campaigns.spec.schema import Campaign
from argyro.platform.common.estimate import Limits, Uncertain

FOUND = Uncertain(0.7243, 0.3722, 0.9401)
NOTE = Note(code="disorder-unlike-published", detail="72 % (37 to 94) predicted, 22 % refined")
CAMPAIGN = Campaign.model_validate(
    {
        "name": "x",
        "materials": [{"composition": "Li6PS5Br"}, {"composition": "Li6PS5I"}],
        "temperatures_K": [600],
        "grain_sizes_nm": [100],
    }
)


@pytest.fixture
def done():
    """The bromide is predicted, the iodide is not yet."""
    inputs = DisorderInputs(composition="Li6PS5Br", synthesis_temperature_K=823, quench_temperature_K=823, seed=0)
    result = DisorderResult(disorder=FOUND, at_synthesis=FOUND, displaced={"Br": FOUND}, shares={}, notes=(NOTE,))
    graph = Graph()
    name = graph.add(Node("disorder/Li6PS5Br", DISORDER, inputs))
    return Finished(graph, {name: result})


def test_a_row_has_the_corrected_disorder_beside_that_given_the_reference(done):
    (row,) = disorder_rows(CAMPAIGN, done)
    assert row.result.disorder == FOUND and row.best.value < FOUND.value
    assert row.best.given_reference == Limits(FOUND.low, FOUND.high)
    predictions = {"Li6PS5Br": done.results["disorder/Li6PS5Br"], "Li6PS5I": None}
    assert row.best == best_disorders(CAMPAIGN, predictions)["Li6PS5Br"]


def test_a_note_about_the_prediction_names_no_corrected_disorder(done):
    (line,) = grouped_notes(done)
    assert line.endswith("Li6PS5Br predicted, bulk: 72 % (37 to 94) predicted, 22 % refined")
