"""Files of a running LAMMPS, read while they grow."""

import numpy as np

from argyro.platform.dynamics.md.dcd_reader import DCDTail
from argyro.platform.dynamics.md.thermo_log import LogTail, box, cell_A
from argyro.platform.potential.native.lammps_commands import BREAK_MARKER

HEAD = "   Step          Temp      Lx Ly Lz Xy Xz Yz   c_centre[1]\n"


def test_lines_are_read_when_they_are_complete(tmp_path):
    path = tmp_path / "log.0"
    log = LogTail(path)
    assert log.advance() == []
    path.write_text("   Step          Temp\n  0 1.0\n" + HEAD + " 0 300 10 11 12 1 2 3 0.5\n 50 31")
    assert [row["Temp"] for row in log.advance()] == [300.0]  # the table of the minimisation has no centre
    with path.open("a") as stream:
        stream.write("0 10 11 12 1 2 3 0.6\nLoop time of 1\n 99 1 1 1 1 1 1 1 1\n")
    assert [row["Temp"] for row in log.advance()] == [310.0, 1.0]
    np.testing.assert_array_equal(cell_A(box(log.rows[50])), [[10, 0, 0], [1, 11, 0], [2, 3, 12]])


def test_last_words_are_kept(tmp_path):
    (tmp_path / "log.0").write_text(f"ERROR: Unknown pair style\n{BREAK_MARKER} grade 12.0 at step 100\n")
    log = LogTail(tmp_path / "log.0")
    log.advance()
    assert "Unknown pair style" in log.error
    assert "grade 12.0" in log.marked


def test_half_a_dcd_frame_waits_for_its_other_half(tmp_path):
    def record(content):
        return np.int32(len(content)).tobytes() + content + np.int32(len(content)).tobytes()

    positions = np.arange(12, dtype="<f4").reshape(2, 2, 3)
    header = record(b"CORD" + bytes(80)) + record(bytes(164)) + record(np.int32(2).tobytes())
    frames = [record(bytes(48)) + b"".join(record(frame[:, i].tobytes()) for i in range(3)) for frame in positions]
    path = tmp_path / "mobile.dcd"
    tail = DCDTail(path, 2)
    assert list(tail.frames()) == []
    path.write_bytes(header[:100])
    assert list(tail.frames()) == []
    path.write_bytes(header + frames[0] + frames[1][:30])
    np.testing.assert_array_equal(list(tail.frames()), positions[:1])
    path.write_bytes(header + frames[0] + frames[1])
    np.testing.assert_array_equal(list(tail.frames()), positions[1:])
