"""Profile: waiting is the time of a core without an item."""

import pytest

from argyro.campaigns.reporting.time_profile import _idle_s


def entry(start, end):
    return {"time": end, "seconds": end - start}


def test_a_serial_tail_on_two_cores_waits_for_one():
    assert _idle_s([entry(0.0, 10.0), entry(0.0, 4.0)]) == pytest.approx(6.0)


def test_an_interruption_is_no_waiting():
    assert _idle_s([entry(0.0, 10.0), entry(0.0, 10.0), entry(1000.0, 1010.0)]) == pytest.approx(10.0)


def test_one_core_never_waits():
    assert _idle_s([entry(0.0, 10.0), entry(10.0, 12.0)]) == 0.0
    assert _idle_s([]) == 0.0
