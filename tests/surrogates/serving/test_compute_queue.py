import threading

import pytest

from argyro.surrogates.serving.compute_queue import ComputeQueue, QueueFull


def counted(steps, log, name):
    """Append the name to the log at each step."""
    for _ in range(steps):
        log.append(name)
        yield
    return name


def held(gate, started=None):
    """Compute until the gate opens."""
    if started:
        started.set()
    gate.wait(30)
    return None
    yield


def test_steps_take_turns_and_results_return():
    queue, log, gate = ComputeQueue(), [], threading.Event()
    queue.submit(held(gate), 9)
    long, short = (queue.submit(counted(n, log, name), 9) for n, name in ((4, "long"), (1, "short")))
    gate.set()
    assert long.result(30) == "long" and short.result(30) == "short"
    assert log == ["long", "short", "long", "long", "long"]


def test_errors_return_to_the_caller():
    def broken():
        raise ValueError("no such boundary")
        yield

    queue = ComputeQueue()
    with pytest.raises(ValueError, match="no such boundary"):
        queue.submit(broken(), 9).result(30)
    assert queue.submit(counted(1, [], "next"), 9).result(30) == "next"


def test_the_queue_is_bounded_and_a_probe_goes_first():
    queue, log, gate, started = ComputeQueue(), [], threading.Event(), threading.Event()
    queue.submit(held(gate, started), 9)
    started.wait(30)
    last = queue.submit(counted(1, log, "question"), 2)
    with pytest.raises(QueueFull):
        queue.submit(counted(1, log, "too many"), 2)
    queue.submit(counted(1, log, "probe"), 9, first=True)
    gate.set()
    last.result(30)
    assert log == ["probe", "question"]


def test_a_cancelled_computation_ends_before_its_next_step():
    queue, log, gate, started = ComputeQueue(), [], threading.Event(), threading.Event()
    queue.submit(held(gate, started), 9)
    started.wait(30)
    left = queue.submit(counted(3, log, "left"), 9)
    last = queue.submit(counted(1, log, "last"), 9)
    assert left.cancel()
    gate.set()
    assert last.result(30) == "last"
    assert log == ["last"]


def test_late_computations_end_with_a_timeout():
    queue = ComputeQueue(time_limit_s=0.0)
    with pytest.raises(TimeoutError, match="exceeded 0 s"):
        queue.submit(counted(2, [], "late"), 9).result(30)


def test_a_step_that_hangs_is_reported():
    queue, gate, started = ComputeQueue(stuck_after_s=0.0), threading.Event(), threading.Event()
    assert not queue.stuck
    queue.submit(held(gate, started), 9)
    started.wait(30)
    assert queue.stuck
    gate.set()
