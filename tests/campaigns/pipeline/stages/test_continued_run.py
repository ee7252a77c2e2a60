"""MD items that lengthen themselves: real LAMMPS with the potential of the reference campaign."""

import shutil
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from ase.io import write

from argyro.campaigns.pipeline.stages import md
from argyro.campaigns.pipeline.stages.continued_run import STATE
from argyro.campaigns.pipeline.stages.learn import ACTIVE_SET, POTENTIAL, TRAINING_SET
from argyro.campaigns.pipeline.stages.structure import FILE
from argyro.campaigns.spec.material import BULK, Cell, Material
from argyro.campaigns.workload.run_space import RunConditions
from argyro.platform.dynamics.md.continuation import Until
from argyro.platform.dynamics.trajectories.trajectory import Trajectory
from argyro.platform.execution.result_store import Store
from argyro.platform.execution.task import Task, execute
from argyro.platform.execution.work_item import WorkItem
from argyro.platform.structures.crystal.bulk import build_bulk

CELL = Cell(Material(composition="Li6PS5Cl", disorder=0.5), BULK)
INPUTS = md.MDInputs(
    conditions=RunConditions(CELL, 600.0, 0, 2.0),
    equilibrate_ps=0.2,
    timestep_fs=2.0,
    frame_every_fs=20.0,
    extensions=0,
    member=0,
    seed=1,
)


@pytest.fixture(scope="module")
def parents(tmp_path_factory):
    """A store with a cell and a potential."""
    folder = tmp_path_factory.mktemp("campaign")
    store = Store(folder / "store")
    potentials = Path(str(files("argyro.campaigns") / "reference" / "potentials"))
    made = {"structure": WorkItem("structure", 1, {}), "potential": WorkItem("learn", 1, {})}
    for item in made.values():
        scratch = folder / item.stage
        scratch.mkdir()
        if item.stage == "structure":
            write(scratch / FILE, build_bulk("Li6PS5Cl", 0.5, seed=1))
        else:
            shutil.copy(potentials / "Cl-Li-P-S.mtp", scratch / POTENTIAL)
            shutil.copy(potentials / "Cl-Li-P-S.active_set.txt", scratch / ACTIVE_SET)
            (scratch / TRAINING_SET).touch()
        store.commit(item, scratch, {}, 1.0)
    return folder, store, {role: [item] for role, item in made.items()}


def computed(parents, inputs):
    folder, store, roles = parents
    keys = {role: [item.key for item in items] for role, items in roles.items()}
    item = WorkItem("md", md.MD.version, inputs.model_dump(mode="json"), keys)
    outcome = execute(Task(item, md.MD, roles, store.uri, folder / "scratch", settings=md.LammpsSettings()))
    assert outcome.status == "done", outcome.error
    return outcome.result, store.path(item)


def test_a_raised_budget_continues_the_finished_run(parents):
    result, before = computed(parents, INPUTS.model_copy(update={"until": Until(0.05, 3.0)}))
    assert [round(one.length_ps, 3) for one in result.judgements] == [2.0, 3.0]
    (note,) = result.notes
    assert note.code == "run-budget-ended" and note.detail.startswith("2 to 3 ps, ")
    assert (before / STATE / "run.json").is_file() and not list((before / STATE).rglob("snapshots.dump"))

    longer, after = computed(parents, INPUTS.model_copy(update={"until": Until(0.05, 4.0)}))
    assert [round(one.length_ps, 3) for one in longer.judgements] == [2.0, 3.0, 4.0]
    assert longer.judgements[:2] == result.judgements
    first, second = (Trajectory.read(folder / md.TRAJECTORY) for folder in (before, after))
    np.testing.assert_array_equal(second.positions_A[: first.frames], first.positions_A)
    assert longer.production.pieces == 3  # two stretches of the first item, one of the second


def test_another_error_wanted_is_another_run(parents):
    _, other = computed(parents, INPUTS.model_copy(update={"until": Until(0.04, 3.0), "seed": 2}))
    assert len(list((other / STATE / "production").glob("log.*"))) == 2


def test_runs_of_fixed_length_keep_their_keys():
    assert "until" not in INPUTS.model_dump(mode="json")
    assert md.MDInputs.model_validate(INPUTS.model_dump(mode="json")) == INPUTS
    longer = INPUTS.model_copy(update={"until": Until(0.2, 50.0)})
    assert md.MDInputs.model_validate(longer.model_dump(mode="json")) == longer
