"""The runs a campaign could make, and those it begins with."""

import pytest

from argyro.campaigns.adaptive.run_history import BuiltCell, RunHistory
from argyro.campaigns.pipeline.build_graph import build_graph, decided_graph
from argyro.campaigns.pipeline.stages.structure import learning_cells
from argyro.campaigns.spec.schema import Campaign
from argyro.campaigns.workload.run_space import action_of, cells_of, partner, run_space, space_filling


def campaign_of(**changes):
    spec = {
        "name": "space",
        "materials": [{"composition": c, "disorder": d} for c in ("Li6PS5Cl", "Li6PS5Br", "Li6PS5I") for d in (0, 0.5)],
        "boundaries": ["sigma5(001)[001]"],
        "temperatures_K": [500, 600, 700],
        "grain_sizes_nm": [100],
        "md": {"realisations": 2},
        "acquisition": {"lengths_ps": [50, 200], "until": {"core_hours": 1}},
    }
    return Campaign.model_validate(spec | changes)


def labelled(space):
    """Runs by their labels."""
    return {run.label(50.0): run for run in space}


def test_every_combination_is_possible_once():
    space = run_space(campaign_of())
    assert len(space) == len(set(space)) == len(labelled(space)) == 6 * 2 * 3 * 2 * 2
    items = build_graph(campaign_of(acquisition=None)).items().values()
    assert len({item.key for item in items if item.stage == "md"}) == 6 * 2 * 3 * 2


def test_boundaries_of_other_compositions_are_predicted_and_ranked():
    chosen = campaign_of(boundary_compositions=["Li6PS5Cl"], acquisition=None)
    simulated = {run.cell.material.composition for run in run_space(chosen) if not run.is_bulk}
    assert simulated == {"Li6PS5Cl"}
    names, every = build_graph(chosen).items(), build_graph(campaign_of(acquisition=None)).items()
    assert {name for name in names if name.startswith("homogenize/")} == {
        name for name in every if name.startswith("homogenize/")
    }
    arrangements = "structure/Li6PS5I 50 %/sigma5(001)[001]/"
    assert [name for name in names if name.startswith(arrangements) and "learning" not in name] == [arrangements + "0"]
    assert not any(
        "Li6PS5I" in cell.material.composition for cell in learning_cells(chosen) if not cell.boundary.is_bulk
    )
    of_chlorides = "diffusivity/Li6PS5Cl 50 %/sigma5(001)[001]/700 K/1"
    assert names[of_chlorides].key == every[of_chlorides].key


def test_runs_of_other_lengths_are_other_items_with_other_velocities():
    items = decided_graph(campaign_of(), None).items()
    case = "md/Li6PS5Cl 0 %/bulk/600 K/0"
    usual, long = items[case], items[f"{case}/200 ps"]
    assert [item.inputs["conditions"]["length_ps"] for item in (usual, long)] == [50, 200]
    assert usual.inputs["seed"] != long.inputs["seed"]


def test_an_adaptive_campaign_shares_its_runs_with_one_that_makes_them_all():
    everything = build_graph(campaign_of(acquisition=None)).items()
    adaptive = decided_graph(campaign_of(), None).items()
    name = "diffusivity/Li6PS5I 50 %/sigma5(001)[001]/700 K/1"
    assert everything[name].key == adaptive[name].key


def test_partner_is_of_the_same_material_and_temperature_and_as_long_as_can_be():
    space = run_space(campaign_of())
    run = labelled(space)["Li6PS5I 50 %/sigma5(001)[001]/700 K/1"]
    assert partner(run, space).label(50.0) == "Li6PS5I 50 %/bulk/700 K/1/200 ps"
    others = [bulk for bulk in space if bulk.realisation == 0]
    assert partner(run, others).label(50.0) == "Li6PS5I 50 %/bulk/700 K/0/200 ps"
    assert partner(run, [bulk for bulk in space if bulk.temperature_K != 700]) is None


def test_the_beginning_is_spread_hot_first_and_no_boundary_without_its_bulk():
    space = run_space(campaign_of())
    chosen = space_filling(space, 8)
    assert len(chosen) == 8 and {run.temperature_K for run in chosen} == {700}
    assert {run.cell.material.composition for run in chosen} == {"Li6PS5Cl", "Li6PS5Br", "Li6PS5I"}
    for place, run in enumerate(chosen):
        assert run.is_bulk or partner(run, chosen[:place])
    assert {run.cell.boundary for run in chosen} == {"bulk", "sigma5(001)[001]"}


def test_a_wide_beginning_goes_from_hot_to_cold_and_from_bulk_to_boundaries():
    space = [run for run in run_space(campaign_of(boundaries=[])) if run.realisation == 0 and run.length_ps == 50]
    kelvin = [run.temperature_K for run in space_filling(space, 12)]
    assert kelvin == [700] * 6 + [600] * 6
    assert space_filling(space, 99) and len(space_filling(space, 99)) == len(space)
    chosen = space_filling(run_space(campaign_of()), 16)
    assert [run.is_bulk for run in chosen] == [True] * 12 + [False] * 4


def test_a_beginning_that_has_all_temperatures_repeats_cells_in_another_arrangement():
    space = [run for run in run_space(campaign_of(boundaries=[])) if run.length_ps == 50]
    cells, kelvin = {run.cell for run in space}, {run.temperature_K for run in space}
    chosen = space_filling(space, len(cells) * (len(kelvin) + 1))
    for cell in cells:
        here = [run for run in chosen if run.cell == cell]
        assert {run.temperature_K for run in here} == kelvin and {run.realisation for run in here} == {0, 1}


def test_three_quarters_of_the_beginning_are_bulk_whatever_was_begun():
    space = run_space(campaign_of())
    begun = space_filling(space, 16)
    added = space_filling(space, 32, begun)[16:]
    assert sum(run.is_bulk for run in added) == 12


def test_what_was_begun_belongs_to_the_beginning_and_counts():
    space = run_space(campaign_of())
    begun = [labelled(space)["Li6PS5Br 50 %/bulk/500 K/1"]]
    lonely = [labelled(space)["Li6PS5Br 50 %/sigma5(001)[001]/600 K/1"]]
    chosen = space_filling(space, 3, begun + lonely)
    assert chosen[0] == begun[0] and len(chosen) == 3
    assert lonely[0] not in chosen  # its bulk run was not begun


def test_the_history_gives_costs_and_reliability_of_the_runs_so_far():
    space = labelled(run_space(campaign_of()))
    bulk, failed = space["Li6PS5Cl 0 %/bulk/700 K/0"], space["Li6PS5I 0 %/bulk/700 K/0"]
    sizes = {(run.cell, run.realisation): BuiltCell(100 if run.is_bulk else 400, 24) for run in space.values()}
    history = RunHistory([bulk, failed], {bulk: {"bulk"}}, {bulk: 36.0}, sizes, 10.0)
    assert history.core_hours == pytest.approx(0.01)
    boundary = space["Li6PS5Cl 0 %/sigma5(001)[001]/600 K/0/200 ps"]
    assert history.expected_core_hours(boundary) == pytest.approx(0.01 * 4 * 210 / 60)
    assert history.without_result == [failed]
    assert [history.reliability(run) for run in (bulk, failed, boundary)] == [1.0, 0.5, 1.0]
    assert history.bulk_for(boundary) is None
    hot = space["Li6PS5Cl 0 %/sigma5(001)[001]/700 K/1"]
    assert history.bulk_for(hot) == bulk and history.has_value(bulk)
    assert history.values_of(bulk.cell) == 1


@pytest.mark.parametrize(
    ("label", "action"),
    [
        ("Li6PS5Cl 0 %/bulk/600 K/0/200 ps", "lengthen this run"),
        ("Li6PS5Cl 0 %/bulk/600 K/1", "new realisation"),
        ("Li6PS5Cl 0 %/bulk/700 K/0", "new temperature"),
        ("Li6PS5Cl 0 %/sigma5(001)[001]/600 K/0", "new boundary"),
        ("Li6PS5Br 0 %/bulk/600 K/0", "new material"),
    ],
)
def test_an_action_is_named_by_what_it_adds(label, action):
    space = labelled(run_space(campaign_of()))
    assert action_of(space[label], [space["Li6PS5Cl 0 %/bulk/600 K/0"]]) == action


def test_cells_sort_by_material_and_the_bulk_before_boundaries():
    cells = sorted(cells_of(campaign_of()))
    assert [cell.label for cell in cells[:3]] == [
        "Li6PS5Br 0 %/bulk",
        "Li6PS5Br 0 %/sigma5(001)[001]",
        "Li6PS5Br 50 %/bulk",
    ]
