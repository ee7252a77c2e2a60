import numpy as np
import pytest
from walkers import brownian

from argyro.platform.common.errors import InputError
from argyro.platform.dynamics.trajectories.trajectory import Trajectory, TrajectoryHeader, TrajectoryWriter


def test_what_is_written_is_read(tmp_path):
    walk = brownian([1.0, 2.0, 3.0], drift_A_ps=(0.1, 0.0, 0.0))
    walk.write(tmp_path / "a.bin")
    back = Trajectory.read(tmp_path / "a.bin")
    np.testing.assert_allclose(back.positions_A, walk.positions_A, atol=1e-4)
    np.testing.assert_allclose(back.framework_A, walk.framework_A, atol=1e-5)
    np.testing.assert_allclose(back.times_ps, walk.times_ps)
    np.testing.assert_allclose(back.cell_A, walk.cell_A)
    assert back.counts == walk.counts
    assert back.ions_per_A3 == pytest.approx(48 / 8000)


def test_a_52_atom_cell_takes_at_most_13_bytes_per_li_and_frame():
    header = TrajectoryHeader("Li", {"Li": 24, "P": 4, "S": 20, "Cl": 4}, np.eye(3) * 10, 0.1)
    assert header.record.itemsize / 24 <= 13


def test_an_incomplete_last_frame_is_ignored_and_then_cut_off(tmp_path):
    path = tmp_path / "a.bin"
    brownian([1.0] * 3, frames=60).write(path)
    with path.open("ab") as stream:
        stream.write(b"half a frame")
    assert Trajectory.read(path).frames == 60
    header = TrajectoryHeader("Li", {"Li": 48, "P": 1}, np.eye(3), 0.1)
    with TrajectoryWriter(path, header) as writer:
        assert writer.frames == 60
        writer.append(np.zeros(3), np.ones((48, 3)))
    back = Trajectory.read(path)
    assert back.frames == 61
    np.testing.assert_array_equal(back.positions_A[60], 1.0)


def test_frames_after_a_restart_file_can_be_dropped(tmp_path):
    path = tmp_path / "a.bin"
    brownian([1.0] * 3, frames=60).write(path)
    with TrajectoryWriter(path, TrajectoryHeader("Li", {"Li": 48}, np.eye(3), 0.1)) as writer:
        writer.keep(50)
        writer.append(np.zeros(3), np.zeros((48, 3)))
    assert Trajectory.read(path).frames == 51


def test_a_missing_frame_is_named(tmp_path):
    path = tmp_path / "a.bin"
    brownian([1.0] * 3, frames=60).write(path)
    raw = path.read_bytes()
    record = TrajectoryHeader("Li", {"Li": 48, "P": 1}, np.eye(3), 0.1).record.itemsize
    start = raw.index(b"\n") + 1 + 20 * record
    path.write_bytes(raw[:start] + raw[start + record :])
    with pytest.raises(InputError, match="lacks frame 20"):
        Trajectory.read(path)


@pytest.mark.parametrize("content", [b"", b"Li6PS5Cl\n1.0\n", b'{"format": "other"}\n', b"[1]\n"])
def test_other_files_are_refused(tmp_path, content):
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(InputError, match="not a compact trajectory"):
        Trajectory.read(tmp_path / "a")
    with pytest.raises(InputError, match="no trajectory at"):
        Trajectory.read(tmp_path / "b")
