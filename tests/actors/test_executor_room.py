"""When a task is submitted and when held back, from the resources of the nodes."""

import time

import pytest
from ray.exceptions import NodeDiedError, RayActorError, WorkerCrashedError

from argyro.actors.ray_executor import ELASTIC_AHEAD, QUEUE_AHEAD, RayExecutor, amounts, node_went_away
from argyro.platform.common.errors import InputError
from argyro.platform.execution.task import Resources

NODE = {"CPU": 4.0, "memory": 8e9}


@pytest.fixture
def executor(monkeypatch):
    """An executor that sees the nodes in its attribute `nodes`."""
    made = RayExecutor(join=lambda: None)
    made.nodes = [NODE, NODE]
    monkeypatch.setattr(made, "_nodes", lambda: made.nodes)
    return made


def fill(executor, resources):
    """How many tasks are let in."""
    count = 0
    while executor.has_room(resources):
        executor._occupied.update(amounts(resources))
        count += 1
    return count


@pytest.mark.parametrize(("cpu", "fit"), [(1, 8), (4, 2)])
def test_as_many_as_fit_are_let_in_and_a_few_ahead(executor, cpu, fit):
    assert fill(executor, Resources(cpu=cpu)) == fit + QUEUE_AHEAD


def test_a_scarce_licence_holds_back_who_needs_it_and_nobody_else(executor):
    executor.nodes = [NODE | {"vasp": 1.0}, NODE]
    assert fill(executor, Resources(custom=(("vasp", 1.0),))) == 1 + QUEUE_AHEAD
    assert executor.has_room(Resources())


def test_memory_counts(executor):
    assert fill(executor, Resources(memory_GB=8.0)) == 2 + QUEUE_AHEAD


@pytest.mark.parametrize("asked", [Resources(cpu=8), Resources(gpu=0.5), Resources(custom=(("vasp", 1.0),))])
def test_an_item_larger_than_every_node_is_refused(executor, asked):
    with pytest.raises(InputError, match="exceeds every node of the Ray cluster"):
        executor.has_room(asked)


def test_where_nodes_come_on_demand_a_large_item_asks_for_one_and_is_refused_only_later(executor, monkeypatch):
    executor._ahead, executor._patience_s = ELASTIC_AHEAD, 900.0
    assert executor.has_room(Resources(cpu=8))
    clock = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: clock() + 901.0)
    with pytest.raises(InputError, match="exceeds every node of the Ray cluster"):
        executor.has_room(Resources(cpu=8))


def test_an_item_whose_node_went_away_waits_for_it(executor):
    assert executor.has_room(Resources(cpu=4))
    executor.nodes = [NODE | {"CPU": 2.0}]
    assert fill(executor, Resources(cpu=4)) == QUEUE_AHEAD
    executor.nodes = [NODE]
    assert executor.has_room(Resources(cpu=4))


@pytest.mark.parametrize(
    ("error", "gone"),
    [
        (NodeDiedError("Task failed because the node it was running on is dead or unavailable."), True),
        (RayActorError(None, "The actor died because its node has died. Node Id: 1, ip: 10.0.0.2"), True),
        (WorkerCrashedError(), False),
        (RayActorError(None, "The actor died unexpectedly before finishing this task."), False),
    ],
)
def test_a_machine_that_went_away_is_told_from_a_process_that_died(error, gone):
    assert node_went_away(error) == gone
