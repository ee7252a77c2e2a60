"""The scheduler, with small real stages in a real store."""

import shutil

import pytest

from argyro.actors.inline_executor import InlineExecutor
from argyro.campaigns.pipeline.graph import Graph, Node
from argyro.campaigns.reporting.progress_display import stage_rows
from argyro.campaigns.runtime.scheduler import Scheduler
from argyro.platform.dynamics.md.run_monitor import PotentialFailedError
from argyro.platform.execution.result_store import Store
from argyro.platform.execution.stage import Contract, Stage, StageResult, Unfinished
from argyro.platform.execution.task import Outcome, Resources


class Asked(Contract):
    n: str = ""
    fail: bool = False


class Value(StageResult):
    value: int


def add_one(context):
    """Sum of the parents' values plus one; fails on request."""
    if context.inputs.fail:
        raise RuntimeError("the cell exploded")
    value = 1 + sum(parent.result.value for role in context.folders for parent in context.parents(role, ADD))
    (context.workdir / "value.txt").write_text(str(value))
    return Value(value=value)


def stage(name, run):
    return Stage(name, 1, run, Asked, Value)


ADD = stage("add", add_one)


def node(name, *parents, fail=False, run=ADD, **options):
    """A node whose parents have roles of their own."""
    return Node(name, run, Asked(n=name, fail=fail), {parent: [parent] for parent in parents}, **options)


def chain(fail=(), tolerant=False):
    """a -> b, c -> d."""
    graph = Graph()
    graph.add(node("a"))
    for name in "bc":
        graph.add(node(name, "a", fail=name in fail))
    graph.add(node("d", "b", "c", tolerant=tolerant))
    return graph


def run(graph, tmp_path, executor=None, **options):
    done = []
    scheduler = Scheduler(
        graph,
        Store(tmp_path / "store"),
        tmp_path / "scratch",
        executor or InlineExecutor(),
        lambda finished, item, result: done.append(finished.name),
        **{"pause_s": 0.0, **options},
    )
    (tmp_path / "scratch").mkdir(exist_ok=True)
    return scheduler, scheduler.run(), done


def computed(tmp_path):
    return (tmp_path / "scratch" / "journal.jsonl").read_text().count('"key"')


def test_results_flow_from_parents_to_children(tmp_path):
    scheduler, progress, _ = run(chain(), tmp_path)
    assert progress.done == set("abcd")
    assert scheduler.store.result(scheduler.item("d")) == {"value": 5}


def test_a_second_run_computes_nothing_and_reports_everything(tmp_path):
    run(chain(), tmp_path)
    _, progress, done = run(chain(), tmp_path)
    assert progress.done == set("abcd") and set(done) == set("abcd")
    assert computed(tmp_path) == 4


def test_a_failure_is_retried_set_aside_and_leaves_the_rest(tmp_path):
    _, progress, _ = run(chain(fail="b"), tmp_path)
    assert progress.done == {"a", "c"}
    assert "the cell exploded" in progress.failed["b"]
    assert progress.skipped == {"d"}
    (log,) = (tmp_path / "scratch" / "quarantine").iterdir()
    assert "the cell exploded" in log.read_text() and log.read_text().startswith("b\n")


def test_a_failed_attempt_counts_as_failed_until_the_next_one_starts(tmp_path):
    counted = []

    class Watching(InlineExecutor):
        def has_room(self, resources):
            counted.append([(row["waiting"], row["failed"]) for row in stage_rows(scheduler)])
            return super().has_room(resources)

        def wait(self, timeout_s):
            counted.append([(row["waiting"], row["failed"]) for row in stage_rows(scheduler)])
            return super().wait(timeout_s)

    graph = Graph()
    graph.add(node("a", fail=True))
    (tmp_path / "scratch").mkdir()
    scheduler = Scheduler(
        graph, Store(tmp_path / "store"), tmp_path / "scratch", Watching(), lambda *_: None, pause_s=0
    )
    scheduler.run()
    assert counted == [[(1, 0)], [(0, 0)], [(0, 1)], [(0, 0)]]
    assert stage_rows(scheduler)[0]["failed"] == 1


@pytest.mark.parametrize(("error", "attempts"), [(RuntimeError, 2), (PotentialFailedError, 1)])
def test_what_would_fail_alike_is_not_tried_again(error, attempts, tmp_path):
    tried = tmp_path / "tried"

    def fail(context):
        with tried.open("a") as stream:
            stream.write("x")
        raise error("no")

    graph = Graph()
    graph.add(node("a", run=stage("fail", fail)))
    _, progress, _ = run(graph, tmp_path)
    assert set(progress.failed) == {"a"} and len(tried.read_text()) == attempts
    _, progress, _ = run(graph, tmp_path)
    assert "no" in progress.failed["a"] and not progress.waiting
    assert len(tried.read_text()) == (1 if error is PotentialFailedError else 4)


def test_a_tolerant_node_runs_on_what_succeeded_under_another_key(tmp_path):
    whole = chain(tolerant=True).items()["d"].key
    scheduler, progress, _ = run(chain(fail="b", tolerant=True), tmp_path)
    assert progress.done == {"a", "c", "d"}
    assert scheduler.store.result(scheduler.item("d")) == {"value": 3}
    assert scheduler.item("d").key != whole


def test_a_tolerant_node_is_skipped_without_what_it_lives_on(tmp_path):
    graph = chain(fail="b")
    graph.add(node("e", "b", "c", tolerant=True, needs_any=["b"]))
    graph.add(node("f", "b", "c", tolerant=True, needs_any=["c"]))
    assert set(graph.items(failed=frozenset("b"))) == {"a", "c", "f"}
    _, progress, _ = run(graph, tmp_path)
    assert progress.done == {"a", "c", "f"} and progress.skipped == {"d", "e"} and set(progress.failed) == {"b"}


def test_a_changed_input_recomputes_only_what_depends_on_it(tmp_path):
    run(chain(), tmp_path)
    graph = Graph()
    graph.add(node("a"))
    graph.add(Node("b", ADD, Asked(n="changed"), {"a": ["a"]}))
    graph.add(node("c", "a"))
    graph.add(node("d", "b", "c"))
    run(graph, tmp_path)
    assert computed(tmp_path) == 4 + 2


def test_a_damaged_parent_is_computed_again_before_its_child(tmp_path):
    graph = chain()
    scheduler, _, _ = run(graph, tmp_path)
    store, items = scheduler.store, graph.items()
    shutil.rmtree(store.folder(items["d"]))
    result = store.path(items["b"]) / "result.json"
    result.write_text(result.read_text().replace("2", "7"))
    scheduler, progress, _ = run(chain(), tmp_path)
    assert progress.done == set("abcd")
    assert store.result(items["d"]) == {"value": 5}


def test_a_decision_stands_when_what_failed_before_succeeds_later(tmp_path):
    """Its key names the failed parent too; another tolerant node takes the late result up."""
    broken = tmp_path / "broken"
    broken.touch()

    def fragile(context):
        if broken.exists():
            raise RuntimeError("the machine was bad")
        return Value(value=10)

    def graph():
        made = Graph()
        made.add(node("a"))
        made.add(node("b", run=stage("fragile", fragile)))
        made.add(node("decision", "a", "b", tolerant=True, decision=True))
        made.add(node("summary", "a", "b", tolerant=True))
        return made

    key = graph().items()["decision"].key
    scheduler, progress, _ = run(graph(), tmp_path, pause_s=0)
    assert set(progress.failed) == {"b"} and scheduler.item("decision").key == key
    assert graph().items(frozenset("b"))["decision"].key == key
    broken.unlink()
    scheduler, progress, _ = run(graph(), tmp_path)
    assert progress.done == {"a", "b", "decision", "summary"}
    assert scheduler.store.result(scheduler.item("decision")) == {"value": 2}
    assert scheduler.store.result(scheduler.item("summary")) == {"value": 12}


class Dying(InlineExecutor):
    """Loses the first attempts of every task, as when a node is taken away."""

    def __init__(self, losses):
        super().__init__()
        self.losses = losses

    def wait(self, timeout_s):
        if self.losses:
            self.losses -= 1
            return [Outcome(self._queue.popleft().item.key, "lost", error="node gone")]
        return super().wait(timeout_s)


def test_losing_the_process_does_not_count_as_failure(tmp_path):
    _, progress, _ = run(chain(), tmp_path, Dying(4), attempts=1)
    assert progress.done == set("abcd") and not progress.failed


def save_at_the_limit(context):
    """Counts to five, one number a task, in files that survive it."""
    steps = len(list(context.unfinished.iterdir()))
    (context.unfinished / str(steps)).touch()
    assert context.limit_s == 3600.0
    if steps < 4:
        raise Unfinished(f"{steps + 1} of 5")
    return Value(value=steps + 1)


def test_what_saves_itself_goes_on_in_as_many_tasks_as_it_takes(tmp_path):
    graph = Graph()
    graph.add(node("a", run=stage("count", save_at_the_limit), resources=Resources(limit_s=3600.0)))
    scheduler, progress, _ = run(graph, tmp_path, attempts=1)
    assert progress.done == {"a"} and scheduler.store.result(scheduler.item("a")) == {"value": 5}
    assert computed(tmp_path) == 1


def test_an_item_that_always_kills_its_process_is_set_aside(tmp_path):
    _, progress, _ = run(chain(), tmp_path, Dying(100))
    assert progress.failed == {"a": "node gone"}


def grow_to_three(last, result):
    """After each number the next, until a result of three."""
    if result is None or result.value >= 3:
        return []
    return [node(f"{last.name}+", last.name)]


def test_a_graph_grows_from_results_and_grows_the_same_when_they_are_found_complete(tmp_path):
    graph = Graph()
    graph.add(node("a"))
    _, progress, _ = run(graph, tmp_path, grow=grow_to_three)
    assert progress.done == {"a", "a+", "a++"}
    again = Graph()
    again.add(node("a"))
    _, progress, _ = run(again, tmp_path, grow=grow_to_three)
    assert progress.done == {"a", "a+", "a++"} and computed(tmp_path) == 3


def test_growth_hears_of_failures_too(tmp_path):
    heard = {}

    def grow(settled, result):
        heard[settled.name] = result
        return []

    run(chain(fail="b"), tmp_path, grow=grow)
    assert heard["a"] == Value(value=1) and heard["b"] is None and heard["d"] is None


def test_the_item_with_the_longest_chain_behind_it_goes_first(tmp_path):
    graph = Graph()
    graph.add(node("short", cost_core_s=5.0))
    graph.add(node("head", cost_core_s=1.0))
    graph.add(node("tail", "head", cost_core_s=100.0))
    _, _, done = run(graph, tmp_path)
    assert done == ["head", "tail", "short"]


def test_a_graph_refuses_unknown_parents_and_doubles():
    graph = Graph()
    graph.add(node("a"))
    with pytest.raises(ValueError, match="twice"):
        graph.add(node("a"))
    with pytest.raises(ValueError, match="unknown"):
        graph.add(node("b", "nowhere"))
