"""The time of the parts of a round."""

from argyro.platform.learning.stopwatch import Stopwatch


def test_a_stopwatch_adds_the_blocks_of_a_part(monkeypatch):
    now = iter([0.0, 2.0, 5.0, 6.0, 10.0, 10.5])
    monkeypatch.setattr("argyro.platform.learning.stopwatch.time.monotonic", lambda: next(now))
    watch = Stopwatch()
    for part in ("fit", "labels", "fit"):
        with watch.time(part):
            pass
    assert watch.rounded() == {"fit": 2.5, "labels": 1.0}
