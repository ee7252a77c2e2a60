"""The plan: sizes against built cells, the schedule against cases solved by hand, and what is refused."""

import json
from pathlib import Path

import pytest
import yaml
from ase import Atoms
from ase.io import write

from argyro.campaigns.cli.main import main
from argyro.campaigns.pipeline.build_graph import build_graph
from argyro.campaigns.pipeline.graph import Graph, Node
from argyro.campaigns.pipeline.grow_graph import grown_graph
from argyro.campaigns.pipeline.stages.disorder import estimated
from argyro.campaigns.pipeline.used_disorders import used_materials
from argyro.campaigns.planning.plan import Machine, make_plan, wall_seconds
from argyro.campaigns.runtime.workspace import CampaignFolder
from argyro.campaigns.spec.schema import Campaign
from argyro.campaigns.workload.atom_counts import boundary_atoms, bulk_atoms
from argyro.campaigns.workload.costs import ATOM_STEP_S, Costs
from argyro.platform.common.estimate import Uncertain
from argyro.platform.execution.stage import Contract, Stage, StageResult
from argyro.platform.execution.task import Resources

FOLDER = Path(__file__).parents[3] / "campaigns" / "templates"
STUDIES = ["halide_series", "grain_size", "disorder_series", "boundary_survey", "li_deficient"]
NODE = Machine(32, 64.0)
STAGE = Stage("work", 1, lambda context: StageResult(), Contract, StageResult)


def shipped(name, **changes):
    return Campaign.model_validate(yaml.safe_load((FOLDER / f"{name}.yaml").read_text()) | changes)


@pytest.mark.parametrize("name", STUDIES)
def test_a_study_fits_a_small_cluster_and_its_own_budget(name):
    campaign = shipped(name)
    plan = make_plan(campaign, Costs(), 4 * [NODE])
    assert plan["fits"] and not plan["warnings"]
    assert 0.1 * campaign.budget.core_hours < plan["core_hours"] < campaign.budget.core_hours
    assert plan["core_hours"] / 128 < plan["wall_hours"] < 24


def test_runs_that_lengthen_themselves_have_an_expected_and_a_largest_cost():
    """400 ps, at most 1600: 800 expected (geometric mean), beside 10 ps of equilibration."""
    usual = shipped("halide_series")
    md = usual.md.model_dump() | {"until": {"relative_error": 0.2, "max_ps": 1600.0}}
    fixed, plan = (make_plan(one, Costs(), 4 * [NODE]) for one in (usual, shipped("halide_series", md=md)))
    hours = {
        name: {stage["name"]: stage["core_hours"] for stage in one["stages"]}
        for name, one in (("fixed", fixed), ("until", plan))
    }
    assert hours["until"]["md"] == pytest.approx(hours["fixed"]["md"] * 810 / 410)
    runs = sum(hours["until"][name] for name in ("md", "diffusivity"))
    assert plan["most_core_hours"] - plan["core_hours"] == pytest.approx(runs * (1610 / 810 - 1))
    assert fixed["most_core_hours"] == fixed["core_hours"]
    assert plan["disk_GB"] > 3 * fixed["disk_GB"]


@pytest.mark.parametrize(
    "composition, boundary", [("Li6PS5Cl", "sigma5(001)[001]"), ("Li5.5PS4.5Cl1.5", "sigma3(-111)[110]")]
)
def test_cells_have_the_atoms_that_the_plan_counts(composition, boundary):
    from argyro.platform.structures.boundaries.build import build_boundary
    from argyro.platform.structures.crystal.bulk import build_bulk

    assert bulk_atoms(composition, (2, 1, 1)) == pytest.approx(len(build_bulk(composition, 0.5, (2, 1, 1))))
    built = build_boundary(composition, 0.0, boundary, 1.2)
    assert boundary_atoms(composition, boundary, 1.2) == pytest.approx(len(built))


def graph_of(*nodes):
    graph = Graph()
    for name, cost, cores, parents in nodes:
        graph.add(
            Node(name, STAGE, Contract(), {p: [p] for p in parents}, resources=Resources(cpu=cores), cost_core_s=cost)
        )
    return graph


@pytest.mark.parametrize(
    "nodes, cores, seconds",
    [
        ([("a", 10, 1, ""), ("b", 10, 1, ""), ("c", 10, 1, "")], 2, 20),  # two at a time
        ([("a", 10, 1, ""), ("b", 10, 1, "a"), ("c", 10, 1, "b")], 8, 30),  # a chain
        ([("a", 10, 1, ""), ("b", 10, 1, "")], 1, 20),  # one after the other
        ([("a", 40, 4, "")], 4, 10 + 0.75 * 10),  # the bound counts the chain beside the work
    ],
)
def test_the_wall_time_of_cases_solved_by_hand(nodes, cores, seconds):
    assert wall_seconds(graph_of(*nodes), cores) == pytest.approx(seconds)


def test_what_is_done_takes_no_time():
    graph = graph_of(("a", 10, 1, ""), ("b", 10, 1, "a"))
    assert wall_seconds(graph, 1, {"a"}) == pytest.approx(10)
    campaign = shipped("smoke")
    everything = frozenset(build_graph(campaign).nodes)
    plan = make_plan(campaign, Costs(), [NODE], done=everything)
    assert plan["core_hours"] == plan["labels"] == plan["wall_hours"] == 0
    assert all(stage["waiting"] == 0 < stage["done"] for stage in plan["stages"])


def test_known_labels_are_counted_apart_from_new_ones(tmp_path):
    """Two families, of which each begins with the frames of its elements; those that fit both serve both."""
    frames = [Atoms(symbols, cell=[5, 5, 5], pbc=True) for symbols in 3 * ["LiCl"] + 2 * ["LiBr"] + ["Li2"] + ["KCl"]]
    write(tmp_path / "known.extxyz", frames)
    labels = {"source": "chgnet", "known": [str(tmp_path / "known.extxyz")]}
    materials = [{"composition": f"Li6PS5{halide}", "disorder": 0.0} for halide in ("Cl", "Br")]
    plans = [
        make_plan(shipped("smoke", materials=materials, labels=named), Costs(), [NODE])
        for named in ({"source": "chgnet"}, labels)
    ]
    assert [plan["known_labels"] for plan in plans] == [0, (3 + 1) + (2 + 1)]
    assert plans[0]["labels"] == plans[1]["labels"] == 2 * shipped("smoke").potential.max_labels
    done = frozenset(name for name in build_graph(shipped("smoke", materials=materials)).nodes if "Br" in name)
    rest = make_plan(shipped("smoke", materials=materials, labels=labels), Costs(), [NODE], done=done)
    assert rest["known_labels"] == 3 + 1


def test_twice_the_work_costs_twice_as_much():
    once, twice = (shipped("smoke", md={"equilibrate_ps": 5 * n, "production_ps": 100 * n}) for n in (1, 2))
    hours = [
        next(stage["core_hours"] for stage in make_plan(c, Costs(), [NODE])["stages"] if stage["name"] == "md")
        for c in (once, twice)
    ]
    assert hours[1] == pytest.approx(2 * hours[0])


@pytest.mark.parametrize(
    "changes, machine, words",
    [
        ({"resources": {"md": 64}}, NODE, "needs 64 cores"),
        ({"structures": {"supercell": [60, 60, 60]}}, NODE, "GB, the largest node"),
        ({"md": {"production_ps": 1e8, "frame_every_fs": 0.1}}, Machine(32, 1e9), "GB of disk"),
    ],
)
def test_what_cannot_fit_is_refused_with_the_remedy(changes, machine, words):
    plan = make_plan(shipped("smoke", **changes), Costs(), [machine])
    assert not plan["fits"] and plan["wall_hours"] is None
    assert any(words in warning for warning in plan["warnings"])


def test_a_mixture_of_boundaries_is_planned_without_a_cell_of_its_own():
    shares = {"sigma5(001)[001]": 0.5, "sigma3(-111)[110]": 0.5}
    small = {"structures": {"min_grain_thickness_nm": 2.6}, "boundary_width_nm": 1.3}
    plan = make_plan(shipped("smoke", boundaries=shares, **small), Costs(), [NODE])
    homogenize = {stage["name"]: stage["waiting"] for stage in plan["stages"]}["homogenize"]
    assert plan["fits"] and homogenize == len(shares) + 1


def test_runs_beyond_the_learned_range_are_pointed_out():
    campaign = shipped("smoke", temperatures_K=[600, 750, 900])
    learned = campaign.potential.model_copy(update={"temperatures_K": (400.0, 800.0)})
    (warning,) = make_plan(campaign.model_copy(update={"potential": learned}), Costs(), [NODE])["warnings"]
    assert "900 K lies outside" in warning


def test_speeds_between_the_levels_of_the_constants():
    campaign = shipped("smoke", potential={"cutoff_A": 10.0})
    between = (ATOM_STEP_S[12] * ATOM_STEP_S[16]) ** 0.5
    assert Costs(slowness=2.0).step_s(campaign, 14) == pytest.approx(2 * 2**3 * between)  # volume of the cutoff


@pytest.mark.slow
def test_the_benchmark_measures_this_machine():
    from argyro.campaigns.planning.machine_benchmark import measure_costs

    assert 0.05 < measure_costs().slowness < 50


def test_an_adaptive_campaign_is_planned_by_the_most_it_may_come_to():
    everything = make_plan(shipped("halide_series"), Costs(), [NODE])
    (md,) = (stage["core_hours"] for stage in everything["stages"] if stage["name"] == "md")
    section = {"start": 4, "until": {"core_hours": md / 4, "regret_dex": 0.05}}
    plan = make_plan(shipped("halide_series", acquisition=section), Costs(), [NODE])
    told = plan["acquisition"]
    assert everything["acquisition"] is None and plan["stages"] == everything["stages"]
    assert plan["core_hours"] == pytest.approx(everything["core_hours"] - 0.75 * md)
    assert told["start_runs"] == 4 < told["possible_runs"] and 0 < told["start_core_hours"] < md / 4
    open_ended = make_plan(shipped("halide_series", acquisition={"until": {"regret_dex": 0.05}}), Costs(), [NODE])
    assert open_ended["core_hours"] == pytest.approx(everything["core_hours"])


def test_a_clock_that_reads_nothing_does_not_make_the_benchmark_endless(monkeypatch):
    """LAMMPS counts its share of a core in ticks: of 20 steps it may be 0 %, and must not set how many follow."""
    from argyro.campaigns.planning import machine_benchmark
    from argyro.platform.structures.crystal.bulk import build_bulk

    asked = []

    def timed(atoms, mtp, species, steps):
        asked.append(steps)
        return (1e-3 * steps, 1e-6) if len(asked) == 1 else (1e-3 * steps, 0.9e-3 * steps)

    monkeypatch.setattr(machine_benchmark, "_lammps_s", timed)
    atoms = build_bulk("Li6PS5Cl")
    assert machine_benchmark._atom_step_s(atoms) == pytest.approx(0.9e-3 / len(atoms))
    assert asked == [20, round(machine_benchmark.CORE_S / 1e-3)]


def test_a_plan_for_a_folder_uses_the_disorder_that_it_found(tmp_path, capsys):
    """A prediction of 91 %, far from the estimate, is corrected; a finished run at this disorder counts as done."""
    spec = yaml.safe_load((FOLDER / "quickstart.yaml").read_text())
    spec |= {"name": "found", "materials": [{"composition": "Li6PS5Cl", "disorder": "predicted"}], "boundaries": []}
    (tmp_path / "found.yaml").write_text(yaml.safe_dump(spec))
    folder, campaign = CampaignFolder(tmp_path / "runs"), Campaign.model_validate(spec)
    folder.prepare(campaign)
    store = folder.store(campaign)

    def finish(item, result):
        work = folder.scratch / item.key
        work.mkdir()
        store.commit(item, work, result, 1.0)

    found = estimated("Li6PS5Cl").model_copy(update={"disorder": Uncertain(0.91, 0.9, 0.92)})
    finish(build_graph(campaign).items()["disorder/Li6PS5Cl"], found.model_dump(mode="json"))
    grown = grown_graph(campaign, store)
    run = next(grown.of_stage("md"))
    (material,) = used_materials(campaign, {"Li6PS5Cl": found}).values()
    assert material.label in run.name and material.label != estimated("Li6PS5Cl").material("Li6PS5Cl").label
    finish(grown.items()[run.name], {})
    with pytest.raises(SystemExit):
        main(["plan", str(tmp_path / "found.yaml"), "--workdir", str(folder.root), "--json"])
    document = json.loads(capsys.readouterr().out)
    assert next(stage for stage in document["stages"] if stage["name"] == "md")["done"] == 1
    assert all(material.label in line for line in document["advice"] if line.startswith("Li6PS5Cl"))
