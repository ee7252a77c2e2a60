"""A run that its potential's extrapolation ended counts with what it gave, if that is a fair share."""

import numpy as np
import pytest

from argyro.campaigns.stages.md import TRAJECTORY, _cut_short
from argyro.platform.dynamics.trajectory import Trajectory
from argyro.platform.dynamics.watch import RunStoppedError
from argyro.platform.execution import StageContext


def stopped_after(tmp_path, done_ps):
    """The scratch folder of a run of 100 ps that ended early."""
    context = StageContext({"production_ps": 100.0}, {}, tmp_path)
    frames = round(done_ps / 0.1) + 1
    positions, times = np.zeros((frames, 2, 3)), 0.1 * np.arange(frames)
    trajectory = Trajectory(positions, np.zeros((frames, 3)), times, 10 * np.eye(3), {"Li": 2, "S": 1})
    trajectory.write(context.unfinished / TRAJECTORY)
    return context


def test_a_fair_share_is_kept_and_said(tmp_path):
    result = _cut_short(stopped_after(tmp_path, 39.0), RunStoppedError("ARGYRO BREAK"))
    assert result["summary"]["production_ps"] == pytest.approx(39.0)
    assert "first 39 of 100 ps" in result["notes"][0]
    assert Trajectory.read(tmp_path / TRAJECTORY).duration_ps == pytest.approx(39.0)


@pytest.mark.parametrize("done_ps", [5.0, 20.0])
def test_less_is_a_failure(tmp_path, done_ps):
    with pytest.raises(RunStoppedError, match="BREAK"):
        _cut_short(stopped_after(tmp_path, done_ps), RunStoppedError("ARGYRO BREAK"))
    assert not (tmp_path / TRAJECTORY).exists()
