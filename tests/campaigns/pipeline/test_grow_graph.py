"""The loop of surrogate and acquisition, with made-up laws of diffusion in place of molecular dynamics."""

import json
import shutil
import zlib
from dataclasses import fields, replace

import numpy as np
import pytest
from ase.io import write
from synthetic_laws import World

from argyro.actors.inline_executor import InlineExecutor
from argyro.campaigns.pipeline.build_graph import build_graph
from argyro.campaigns.pipeline.graph import Graph
from argyro.campaigns.pipeline.grow_graph import (
    adaptive_progress,
    affordable,
    found_runs,
    grown_graph,
    growth,
    stop_reason,
)
from argyro.campaigns.pipeline.grow_graph import (
    finished as finished_items,
)
from argyro.campaigns.pipeline.stages import acquisition
from argyro.campaigns.pipeline.stages.acquisition import AcquisitionResult
from argyro.campaigns.pipeline.stages.design import DESIGN
from argyro.campaigns.pipeline.stages.diffusivity import DiffusivityResult, Observation
from argyro.campaigns.pipeline.stages.disorder import estimated
from argyro.campaigns.pipeline.stages.learn import LearnResult
from argyro.campaigns.pipeline.stages.md import MD, MDResult
from argyro.campaigns.pipeline.stages.ranking import RANKING
from argyro.campaigns.pipeline.stages.structure import FILE, StructureResult
from argyro.campaigns.reporting.adaptive_section import certainty_plot, run_rows
from argyro.campaigns.runtime.scheduler import Scheduler
from argyro.campaigns.spec.material import BULK, Cell, Material
from argyro.campaigns.spec.schema import Campaign, Until
from argyro.campaigns.workload.run_space import ChosenRun, RunConditions, identity
from argyro.platform.common.estimate import Uncertain
from argyro.platform.dynamics.diffusion.haven_ratio import Collective
from argyro.platform.dynamics.diffusion.jump_exposure import JumpExposure
from argyro.platform.dynamics.diffusion.run_observation import from_summary
from argyro.platform.dynamics.diffusion.tracer import Diffusivity
from argyro.platform.execution.result_store import Store
from argyro.platform.execution.stage import StageResult
from argyro.platform.learning.verdict import Verdict
from argyro.platform.structures.crystal.bulk import build_bulk
from argyro.platform.structures.report import describe
from argyro.surrogates.acquisition.expected_gain import run_noise
from argyro.surrogates.data.descriptors import Identity

WORLD = World(seed=3)
SPEC = {
    "name": "rehearsal",
    "materials": [
        {"composition": "Li6PS5Cl", "disorder": 0.5},
        {"composition": "Li6PS5Br", "disorder": 0.25},
        {"composition": "Li6PS5Cl0.5Br0.5", "disorder": 0.5},
        {"composition": "Li6PS5I", "disorder": 0.0},
    ],
    "temperatures_K": [600, 750, 900],
    "screening_temperature_K": 500,
    "grain_sizes_nm": [100],
    "boundary_width_nm": 2.5,
    "potential": {"validation": {"method": "none"}},
    "md": {"production_ps": 2000, "realisations": 1},
    "acquisition": {"start": 4, "batch": 1, "until": {"regret_dex": 0.045}},
}


def campaign_of(**changes):
    return Campaign.model_validate({**SPEC, **changes})


def structure(context):
    """A bulk cell that says it has a boundary: the made-up laws know names, not atoms."""
    inputs = context.inputs
    cell = inputs.cell
    atoms = build_bulk(cell.material.composition, cell.material.disorder, seed=inputs.seed)
    described = describe(atoms)
    if not cell.boundary.is_bulk:
        atoms.info["boundary"] = str(cell.boundary)
        atoms.arrays["boundary_distance_A"] = np.abs(atoms.positions[:, 2] - atoms.cell[2, 2] / 2)
        described |= {"boundaries": 2, "thickness_nm": 5.0}
    write(context.workdir / FILE, atoms)
    return StructureResult(**described)


def diffusivity(detectable_cm2_s):
    """A stage that gives what a run would give of the true law; caged ions give an upper bound."""

    def run(context):
        conditions = context.parent("run", MD).inputs.conditions
        targets = ("bulk",) if conditions.is_bulk else ("parallel", "perpendicular")
        seen = [observed(conditions, target, detectable_cm2_s) for target in targets]
        nothing = Collective(None, None, 0, (0.0, 0.0))
        measured = dict.fromkeys(targets, RUN | {"temperature_K": conditions.temperature_K})
        advice = dict.fromkeys(targets, "")
        runs = {one.target: made_run(conditions, one) for one in seen}
        return DiffusivityResult(
            measured=measured,
            runs=runs,
            advice=advice,
            observations=seen,
            collective=nothing,
            thickness_nm=None if conditions.is_bulk else 5.0,
        )

    return run


NUMBERS = [field.name for field in fields(Diffusivity) if field.type == "float"]
WORDS = {"reason": "", "axes": "xyz", "estimator": "made up", "species": "Li"}
RUN = dict.fromkeys(NUMBERS, 1.0) | WORDS | {"estimate": None, "valid": False, "upper_bound_cm2_s": 1.0}
RUN |= {"standing": "bound", "shortness": "", "apparent_cm2_s": None, "jump_exposure": JumpExposure(0.0, 1e6)}
RUN |= {"window_ps": (0.0, 1.0), "frames": 1, "ions": 1}


def observed(conditions, target, detectable_cm2_s):
    (true,) = WORLD.diffusivity_cm2_s(identity(conditions.cell), target, [conditions.temperature_K])
    noise = float(run_noise(true, conditions.length_ps, 24))
    random = np.random.default_rng(zlib.crc32(conditions.label(2000.0).encode()))
    value = true * np.exp(noise * random.normal())
    interval = Uncertain(value, value * np.exp(-1.96 * noise), value * np.exp(1.96 * noise))
    width_nm, bound = None if target == "bulk" else 2.5, value < detectable_cm2_s
    return Observation(
        target=target,
        width_nm=width_nm,
        diffusivity_cm2_s=None if bound else interval,
        upper_bound_cm2_s=2 * value if bound else None,
    )


def made_run(conditions, seen):
    """The run behind a diffusivity or a bound, long enough to have no bias."""
    axes, settled_A2 = {"bulk": "xyz", "parallel": "xy", "perpendicular": "z"}[seen.target], 1e4
    about = (axes, conditions.temperature_K, conditions.length_ps, 24, settled_A2, 1.0, 0.1, 1.0)
    return from_summary(*about, seen.diffusivity_cm2_s, seen.upper_bound_cm2_s)


def nothing(context):
    return StageResult()


def learned(context):
    return LearnResult(rounds=[], verdict=Verdict(True, (), 8, 0, 0))


class Rehearsal:
    """A campaign whose expensive stages are played; design, acquisition and scheduler are the real ones."""

    def __init__(self, folder, campaign, failing=(), detectable_cm2_s=0.0, whole=False):
        self.folder, self.campaign, self.failing = folder, campaign, set(failing)
        self.detectable_cm2_s, self.whole = detectable_cm2_s, whole
        self.store, self.simulated = Store(folder / "store"), []
        (folder / "scratch").mkdir(exist_ok=True)

    def _simulate(self, node, context):
        if node.name in self.failing:
            raise RuntimeError("the cell exploded")
        self.simulated.append(node.name)
        (context.workdir / "trajectory.bin").write_text("ions")
        return MDResult(production=None)

    def _played(self, node):
        stages = {
            "structure": structure,
            "learn": learned,
            "md": lambda context: self._simulate(node, context),
            "diffusivity": diffusivity(self.detectable_cm2_s),
            "transport": nothing,
            "enthalpy": nothing,
            "disorder": lambda context: estimated(context.inputs.composition),
        }
        if not self.whole:
            stages |= dict.fromkeys(("microstructure", "surrogate", "posterior", "homogenize", "ranking"), nothing)
        name = node.stage.name
        if name not in stages:
            return node
        result = StageResult if stages[name] is nothing else node.stage.result
        return replace(node, stage=replace(node.stage, run=stages[name], result=result))

    def run(self, executor=None):
        graph, grow = Graph(), growth(self.campaign, store=self.store)
        for node in build_graph(self.campaign, found=found_runs(self.campaign, self.store)).nodes.values():
            graph.add(self._played(node))
        scheduler = Scheduler(
            graph,
            self.store,
            self.folder / "scratch",
            executor or InlineExecutor(),
            lambda node, item, result: None,
            pause_s=0,
            grow=lambda node, result: [self._played(new) for new in grow(node, result)],
        )
        return scheduler, scheduler.run()

    def progress(self):
        graph = grown_graph(self.campaign, self.store)
        stages = ("design", "acquisition", "diffusivity")
        done = finished_items(graph, self.store, stages=stages)
        return adaptive_progress(self.campaign, done), done

    def rounds(self):
        """The document of `argyro status`."""
        return self.progress()[0].document(self.campaign.md.production_ps)


def computed(folder):
    return [json.loads(line) for line in (folder / "scratch" / "journal.jsonl").read_text().split("\n") if line]


@pytest.fixture(autouse=True, scope="module")
def one_kernel():
    """The choice between kernels has its own tests."""
    before, acquisition.KERNELS = acquisition.KERNELS, ("gp",)
    yield
    acquisition.KERNELS = before


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    rehearsal = Rehearsal(tmp_path_factory.mktemp("adaptive"), campaign_of())
    _, progress = rehearsal.run()
    return rehearsal, progress


def test_it_stops_when_the_choice_is_certain_without_making_every_run(finished):
    rehearsal, progress = finished
    told = rehearsal.rounds()
    assert not progress.failed and "ranking" in progress.done
    assert "expected regret" in told["stopped"] and told["rounds"][-1]["regret_dex"] <= 0.045
    assert len(rehearsal.simulated) == len(told["chosen"]) < told["possible_runs"] == 12
    hours = [entry["md_core_hours"] for entry in told["rounds"]]
    assert hours == sorted(hours) and hours[0] > 0


def test_it_finds_the_true_best(finished):
    """The leader is the best by the laws themselves, or as good as the regret allows."""
    leader = finished[0].rounds()["rounds"][-1]["leader"]
    best = {
        (m["composition"], m["disorder"]): np.log10(
            WORLD.diffusivity_cm2_s(Identity.of(m["composition"], m["disorder"]), "bulk", [500])[0]
        )
        for m in SPEC["materials"]
    }
    assert best[leader["composition"], leader["disorder"]] > max(best.values()) - 0.1


def test_the_report_gives_the_reason_and_the_outcome_of_each_run(finished, tmp_path):
    rehearsal, _ = finished
    progress, done = rehearsal.progress()
    rows = run_rows(progress, done, 2000.0)
    assert [row.round for row in rows] == [0, 0, 0, 0, *range(1, len(progress.rounds))]
    assert all("spread" in row.why for row in rows[:4])
    assert all("right order per core-hour" in row.why for row in rows[4:])
    assert all(row.why.startswith(("lengthen this run", "new ")) for row in rows[4:])
    assert all(row.outcome.startswith("bulk ") for row in rows)
    certainty_plot(progress.rounds, tmp_path / "certainty.svg")
    assert (tmp_path / "certainty.svg").read_text().count("<path") > 10


class Killed(InlineExecutor):
    """The machine goes down before the n-th task."""

    def __init__(self, tasks):
        super().__init__()
        self.tasks = tasks

    def wait(self, timeout_s):
        self.tasks -= 1
        if self.tasks < 0:
            raise KeyboardInterrupt
        return super().wait(timeout_s)


def test_killed_anywhere_it_goes_on_with_the_same_choices(finished, tmp_path):
    again = Rehearsal(tmp_path, campaign_of())
    kills = 0
    while True:
        try:
            again.run(Killed(5))
            break
        except KeyboardInterrupt:
            kills += 1
    assert kills > 3
    assert [run["case"] for run in again.rounds()["chosen"]] == [r["case"] for r in finished[0].rounds()["chosen"]]
    keys = [entry["key"] for entry in computed(tmp_path)]
    assert len(keys) == len(set(keys))
    assert sorted(again.simulated) == sorted(finished[0].simulated)


def test_running_again_computes_nothing(finished):
    rehearsal, _ = finished
    before = computed(rehearsal.folder)
    scheduler, progress = rehearsal.run()
    assert computed(rehearsal.folder) == before and len(progress.done) == len(scheduler.graph.nodes)


def test_a_harder_target_goes_on_where_it_stopped(finished, tmp_path):
    shutil.copytree(finished[0].folder, tmp_path / "copy")
    done = finished[0].rounds()
    before, until = done["chosen"], {"regret_dex": 0.9 * done["rounds"][-1]["regret_dex"]}
    more = Rehearsal(tmp_path / "copy", campaign_of(acquisition=SPEC["acquisition"] | {"until": until}))
    more.run()
    after = more.rounds()["chosen"]
    assert after[: len(before)] == before and len(after) > len(before)
    assert sorted(more.simulated) == sorted(f"md/{run['case']}" for run in after[len(before) :])


def test_a_new_temperature_builds_on_all_runs_made(finished, tmp_path):
    shutil.copytree(finished[0].folder, tmp_path / "copy")
    before = {run["case"] for run in finished[0].rounds()["chosen"]}
    wider = campaign_of(temperatures_K=[600, 675, 750, 900])
    rehearsal = Rehearsal(tmp_path / "copy", wider)
    rehearsal.run()
    begun = {run["case"] for run in rehearsal.rounds()["chosen"] if run["round"] == 0}
    assert begun == before
    assert not {name.removeprefix("md/") for name in rehearsal.simulated} & before


def test_a_failed_run_stops_nothing_is_not_asked_again_and_counts_when_it_succeeds_later(tmp_path):
    campaign = campaign_of(acquisition=SPEC["acquisition"] | {"until": {"regret_dex": 0.3}})
    victim = "md/Li6PS5I 0 %/bulk/900 K/0"
    broken = Rehearsal(tmp_path, campaign, failing=[victim])
    scheduler, progress = broken.run()
    assert set(progress.failed) == {victim} and "ranking" in progress.done
    told = broken.rounds()
    assert [run["case"] for run in told["chosen"]].count(victim.removeprefix("md/")) == 1
    without = scheduler.item("surrogate").key
    mended = Rehearsal(tmp_path, campaign)
    scheduler, progress = mended.run()
    assert mended.simulated == [victim] and not progress.failed
    assert mended.rounds()["chosen"] == told["chosen"]
    assert scheduler.item("surrogate").key != without


@pytest.mark.slow
def test_boundaries_bring_their_bulk_and_bounds_and_failures_are_lived_with(tmp_path):
    """Cold runs give upper bounds only, one boundary run fails: the loop ends, on what can be had."""
    campaign = campaign_of(
        materials=SPEC["materials"][:2],
        boundaries=["sigma5(001)[001]"],
        temperatures_K=[600, 900],
        homogenization={"grains": 8, "samples": 50},
        surrogate={"members": 2, "steps": 10},
        structures={"supercell": [1, 1, 1], "min_grain_thickness_nm": 0.9},
        acquisition={"start": 3, "batch": 2, "until": {"regret_dex": 1e-6}},
    )
    victim = "md/Li6PS5Cl 50 %/sigma5(001)[001]/900 K/0"
    rehearsal = Rehearsal(tmp_path, campaign, failing=[victim], detectable_cm2_s=2e-5, whole=True)
    _, progress = rehearsal.run()
    assert set(progress.failed) == {victim} and {"ranking", "surrogate"} <= progress.done
    told = rehearsal.rounds()
    assert told["stopped"]
    begun = set()
    for run in told["chosen"]:
        assert run["bulk"] is None or run["bulk"] in begun
        begun.add(run["case"])
    item = grown_graph(campaign, rehearsal.store).items({victim})["ranking"]
    ranking = RANKING.read(rehearsal.store.result(item)).ranking
    assert sum(row.probability_best for row in ranking) == pytest.approx(1)
    assert {row.measured.boundary for row in ranking} != {0}


BULK_RUN, BOUNDARY_RUN, OTHER = (
    RunConditions(Cell(Material(composition="Li6PS5Cl", disorder=0.0), BULK), kelvin, 0, 50.0)
    for kelvin in (500.0, 600.0, 700.0)
)


def outcome(**changes):
    chosen = (
        ChosenRun(BULK_RUN, None, 1.0, needed_by=BOUNDARY_RUN),
        ChosenRun(BOUNDARY_RUN, BULK_RUN, 2.0),
        ChosenRun(OTHER, None, 1.0),
    )
    given = {
        "observations": 5,
        "core_hours": 5.0,
        "runs": 5,
        "without_result": (),
        "certainty": {"leader": 0, "probability_best": 0.8, "regret_dex": 0.1, "wrong_pairs": 0.1},
        "leader": {"cell": OTHER.cell, "grain_size_nm": 100.0},
        "leader_bulk_values": 1,
        "leader_boundary_values": 0,
        "chosen": chosen,
    }
    return AcquisitionResult(**given | changes)


@pytest.mark.parametrize(
    "until, changes, words",
    [
        ({"probability_best": 0.9}, {}, ""),
        ({"probability_best": 0.8}, {}, "probability 0.80"),
        ({"probability_best": 0.8}, {"leader_bulk_values": 0}, ""),
        ({"regret_dex": 0.2}, {}, "regret is 0.1 dex"),
        ({"core_hours": 8.0}, {}, ""),
        ({"core_hours": 7.9}, {}, "too few are left"),
        ({"core_hours": 100.0}, {"chosen": ()}, "none of the remaining runs"),
    ],
)
def test_reasons_to_stop(until, changes, words):
    reason = stop_reason(Until(**until), outcome(**changes))
    assert words in reason and bool(reason) == bool(words)


@pytest.mark.parametrize("hours, cases", [(9, 3), (8.5, 2), (7, 0), (5.5, 0)])
def test_the_budget_buys_no_bulk_run_without_its_boundary_run(hours, cases):
    assert len(affordable(Until(core_hours=hours), outcome())) == cases


def test_runs_in_the_store_belong_to_the_first_batch_also_when_disorders_are_predicted(tmp_path):
    materials = [{"composition": "Li6PS5Cl"}, {"composition": "Li6PS5I", "disorder": 0.0}]
    begun, later = (
        Rehearsal(tmp_path, campaign_of(materials=materials, acquisition=SPEC["acquisition"] | {"start": start}))
        for start in (2, 5)
    )
    begun.run()
    later.run()
    design = later.progress()[1].only(DESIGN)
    assert set(begun.simulated) == {f"md/{run.label(2000.0)}" for run in design.found}
    assert not set(begun.simulated) & set(later.simulated)
