"""The dump of extrapolating frames of a run in several pieces is that of an unbroken run."""

from argyro.platform.dynamics.md.extrapolating_frames import EXTRAPOLATING, dumped_frames, keep_dumped_frames


def frame(step: int) -> str:
    return f"1\nProperties=species:S:1:pos:R:3 step={step} max_grade=6\nLi 0 0 {step}\n"


def test_a_resumed_run_keeps_the_frames_up_to_its_restart_file(tmp_path):
    dump = tmp_path / EXTRAPOLATING
    dump.write_text(frame(10) + frame(20) + frame(30) + frame(40)[:-5])  # killed while it wrote
    keep_dumped_frames(dump, 1, 20)
    assert not dump.exists()
    dump.write_text(frame(20) + frame(30))  # LAMMPS begins the file anew, at the step of the restart file
    assert dumped_frames(dump, 1) == [frame(10), frame(20), frame(30)]
    keep_dumped_frames(dump, 1, 30)
    dump.write_text(frame(40))
    assert dumped_frames(dump, 1) == [frame(10), frame(20), frame(30), frame(40)]


def test_the_first_piece_of_a_stage_drops_the_frames_of_the_stage_before(tmp_path):
    dump = tmp_path / EXTRAPOLATING
    assert dumped_frames(dump, 1) == []
    keep_dumped_frames(dump, 1, None)
    dump.write_text(frame(10))
    keep_dumped_frames(dump, 1, 10)
    keep_dumped_frames(dump, 1, None)
    assert dumped_frames(dump, 1) == []
