"""The report's tables: no row missing without its reason, and the surrogate that ships named beside its rivals."""

import re
from dataclasses import fields
from types import SimpleNamespace

from argyro.campaigns.pipeline.graph import Finished, Graph, Node
from argyro.campaigns.pipeline.stages.diffusivity import DIFFUSIVITY, DiffusivityInputs, DiffusivityResult
from argyro.campaigns.pipeline.stages.learn import LEARN, LearnInputs
from argyro.campaigns.pipeline.stages.md import MD, MDInputs, MDResult
from argyro.campaigns.pipeline.stages.structure import STRUCTURE, StructureInputs, StructureResult
from argyro.campaigns.pipeline.stages.transport import TRANSPORT, TransportInputs, TransportResult
from argyro.campaigns.plots.series import TransportPoint
from argyro.campaigns.reporting.diffusion_tables import diffusivity_rows
from argyro.campaigns.reporting.report import write_report
from argyro.campaigns.results.ancestry import Lineage, Measurement, StoredItem
from argyro.campaigns.results.results_table import results_table
from argyro.campaigns.runtime.workspace import CampaignFolder
from argyro.campaigns.spec.material import BULK, BoundaryType, Cell, Material
from argyro.campaigns.workload.run_space import RunConditions
from argyro.platform.common.estimate import Uncertain
from argyro.platform.dynamics.diffusion.haven_ratio import Collective
from argyro.platform.dynamics.diffusion.jump_exposure import JumpExposure
from argyro.platform.dynamics.diffusion.replicates import Ensemble
from argyro.platform.dynamics.diffusion.tracer import Diffusivity
from argyro.platform.execution.work_item import WorkItem
from argyro.platform.learning.options import LearningOptions

VALUE = Uncertain(1e-5, 8e-6, 1.2e-5)
REASON = "the cell has only an upper bound"
BULK_CELL = Cell(Material(composition="Li6PS5I", disorder=0.0), BULK)
BOUNDARY = Cell(BULK_CELL.material, BoundaryType("sigma5(001)[001]"))
NUMBERS = [field.name for field in fields(Diffusivity) if field.type == "float"]
MEASURED = dict.fromkeys(NUMBERS, 1.0) | {"axes": "z", "estimator": "kinisi", "species": "Li", "reason": ""}
MEASURED |= {"standing": "converged", "shortness": "", "apparent_cm2_s": 1e-5, "jump_exposure": JumpExposure(0.0, 1e6)}
MEASURED |= {"upper_bound_cm2_s": None, "window_ps": (0.0, 1.0), "frames": 100, "ions": 24}


def point(target, temperature_K, known):
    value, bound = (VALUE, None) if known else (None, 1e-6)
    return TransportPoint(target=target, combined=Ensemble(temperature_K, value, bound, 1, int(known), None))


def done_of(points):
    """The transport of some cells."""
    graph, results = Graph(), {}
    for cell, found in points.items():
        inputs = TransportInputs(cell=cell, screening_temperature_K=300.0, width_nm=None, seed=0)
        name = graph.add(Node(f"transport/{cell.label}", TRANSPORT, inputs))
        results[name] = TransportResult(points=found, laws={}, ions_per_A3=0.02)
    return Finished(graph, results)


def rows_of(points, target):
    return [row for row in diffusivity_rows(done_of(points)) if row.point.target == target]


def test_a_boundary_without_diffusivity_has_a_row_with_its_reason():
    bulk = [point("bulk", 650.0, True)]
    rows = rows_of({BULK_CELL: bulk, BOUNDARY: [point("cell_perpendicular", 650.0, False)]}, "perpendicular")
    assert {row.point.temperature_K: row.reason for row in rows} == {650.0: REASON}
    found = [row.point.combined for row in rows]
    assert all(one.estimate is None and one.upper_bound_cm2_s is None for one in found)
    assert all(row.direction == "boundary ⊥" for row in rows)


def test_a_bound_along_the_boundary_has_the_reason_for_no_value():
    found = [point("parallel", 500.0, False), point("cell_parallel", 500.0, False)]
    (row,) = rows_of({BOUNDARY: found}, "parallel")
    assert row.reason == REASON and row.point.combined.upper_bound_cm2_s == 1e-6


def item(stage, inputs, result, parents=None):
    """A stored item without a store."""
    made = StoredItem(None, stage, WorkItem(stage.name, stage.version, {}, parents or {}))
    vars(made).update(inputs=inputs, result=result)
    return made


def test_an_export_gives_the_reason_for_a_missing_value():
    """Of one boundary run whose ions are caged, beside its bulk."""
    reason = "caged"
    conditions = RunConditions(BOUNDARY, 575.0, 0, 10.0)
    nothing = {"advice": {}, "observations": [], "collective": Collective(None, None, 0, (0.0, 0.0))}
    bulk = DiffusivityResult(measured={"bulk": MEASURED | {"valid": True, "estimate": VALUE}}, **nothing)
    across = MEASURED | {"valid": False, "estimate": None, "reason": reason}
    found = DiffusivityResult(measured={"perpendicular": across}, thickness_nm=2.2, **nothing)
    asked = DiffusivityInputs(conditions=conditions, width_nm=1.0, seed=0)
    rest = {"equilibrate_ps": 1.0, "timestep_fs": 2.0, "frame_every_fs": 100.0, "extensions": 0, "member": 0}
    cell = StructureInputs(cell=BOUNDARY, number=0, seed=0, arrangement="random")
    labels = {"name": "chgnet", "version": "0.4.2", "settings": "", "weights": ""}
    measured = Measurement(
        item(DIFFUSIVITY, asked, found),
        item(MD, MDInputs(conditions=conditions, seed=0, **rest), MDResult(production=None)),
        item(STRUCTURE, cell, StructureResult.model_construct(atoms=208)),
        item(LEARN, LearnInputs(labels=labels, options=LearningOptions(), ensemble=1), None),
        item(DIFFUSIVITY, None, bulk),
    )
    table = results_table(SimpleNamespace(measurements=[measured]))
    assert table["reason"].tolist() == [reason] and table["diffusivity_value_cm2_s"].isna().all()
    assert table["label_source"].tolist() == ["chgnet 0.4.2"] and table["boundary"].tolist() == [BOUNDARY.boundary]


def test_the_report_names_the_surrogate_that_ships_beside_its_rivals(smoke_run):
    folder = CampaignFolder(smoke_run[0])
    lineage = Lineage(folder.store(folder.campaign()))
    report = lineage.surrogate.result.report
    page = write_report(smoke_run[0]).read_text()
    section = page[page.index("Accuracy of the surrogate") : page.index("<h2>Diffusivities")]
    ours = section[: section.index("predicted without")]
    assert report.split in ours and re.findall(r"<td>(\w+) \(selected\)", ours) == [report.shipped]
    rows = {kind: f"{score.mae_dex:.3f}" for kind, score in report.scores.items()}
    assert len(rows) > 1 and dict(re.findall(r"<td>(\w+)(?: \(selected\))?</td><td>([\d.]+)", ours)) == rows
