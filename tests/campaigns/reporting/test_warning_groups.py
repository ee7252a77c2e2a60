"""A report gives each warning once, with the cases to which it applies."""

import pytest

from argyro.campaigns.pipeline.graph import Finished, Graph, Node
from argyro.campaigns.pipeline.notes import SENTENCES, Note
from argyro.campaigns.pipeline.stages.md import MD, MDInputs, MDResult
from argyro.campaigns.reporting.warning_groups import grouped_notes
from argyro.campaigns.spec.material import BULK, Cell, Material
from argyro.campaigns.workload.run_space import RunConditions

CUT, EXTENDED = SENTENCES["run-cut-short"], SENTENCES["potential-extended"]


@pytest.fixture
def done():
    """Makes finished MD runs from composition, temperature and notes."""

    def make(*runs):
        graph, results = Graph(), {}
        for number, (composition, kelvin, notes) in enumerate(runs):
            conditions = RunConditions(
                Cell(Material(composition=composition, disorder=0.0), BULK), kelvin, number, 50.0
            )
            rest = {"equilibrate_ps": 1.0, "timestep_fs": 2.0, "frame_every_fs": 100.0}
            inputs = MDInputs(conditions=conditions, **rest, extensions=0, member=0, seed=0)
            name = graph.add(Node(f"md/{number}", MD, inputs))
            results[name] = MDResult(production=None, notes=[Note(code=code, detail=text) for code, text in notes])
        return Finished(graph, results)

    return make


def test_a_warning_is_one_line_with_its_cases_by_cell_and_temperature(done):
    found = done(
        ("Li6PS5I", 650.0, [("run-cut-short", "39 of 100 ps")]),
        ("Li6PS5Br", 575.0, [("run-cut-short", "40 of 100 ps"), ("potential-extended", "2 times")]),
        ("Li6PS5I", 575.0, [("run-cut-short", "")]),
    )
    cases = "Li6PS5Br 0 %, bulk: 575 K (40 of 100 ps); Li6PS5I 0 %, bulk: 650 K (39 of 100 ps), 575 K"
    assert grouped_notes(found) == [f"{EXTENDED} Li6PS5Br 0 %, bulk: 575 K (2 times)", f"{CUT} {cases}"]


def test_a_case_is_named_once(done):
    alike = ("Li6PS5Cl", 500.0, [("run-cut-short", "39 of 100 ps")])
    assert grouped_notes(done(alike, alike)) == [f"{CUT} Li6PS5Cl 0 %, bulk: 500 K (39 of 100 ps)"]


def test_without_notes_there_are_no_warnings(done):
    assert grouped_notes(done(("Li6PS5Cl", 500.0, []))) == []
