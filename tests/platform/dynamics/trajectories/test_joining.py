"""Restarts are joined, and what is dropped is said; gaps and other runs are refused with their frame."""

import crystal_runs as made
import numpy as np
import pytest

from argyro.platform.common.errors import InputError
from argyro.platform.dynamics.trajectories.concatenate import read_trajectories

RUN = made.run(120)
INVERSE = np.linalg.inv(made.CELL)


def read(tmp_path, *texts, name="XDATCAR", interval_fs=250.0):
    paths = [tmp_path / f"{number}.{name}" for number in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text)
    return read_trajectories(paths, interval_fs)


def is_whole(trajectory, *codes):
    np.testing.assert_allclose(np.diff(trajectory.relative_A(), axis=0), made.li_displacements(RUN), atol=2e-3)
    assert [note.code for note in trajectory.notes] == list(codes)


def part(start, stop):
    return made.dump(RUN[start:stop], steps=[50 * n for n in range(start, stop)])


def test_numbered_pieces_overlap(tmp_path):
    is_whole(read(tmp_path, part(0, 60), part(60, 120), name="dump"))
    is_whole(read(tmp_path, part(0, 60), part(59, 120), name="dump"), "repeated")
    is_whole(read(tmp_path, part(0, 80), part(60, 120), name="dump"), "overlap")
    is_whole(read(tmp_path, part(0, 61) + part(60, 120), name="dump"), "repeated")
    is_whole(read(tmp_path, part(0, 80) + part(60, 120), name="dump"), "overlap")
    is_whole(read(tmp_path, part(0, 80) + part(60, 100) + part(90, 120), name="dump"), "overlap")


def test_the_later_copy_of_a_frame_counts(tmp_path):
    """A run that goes back to its restart file and diverges slightly keeps what came after."""
    other = RUN.copy()
    other[70:80] += np.random.default_rng(0).normal(0, 0.05, (10, 52, 3))
    first = made.dump(other[:80], steps=[50 * n for n in range(80)])
    is_whole(read(tmp_path, first + part(70, 120), name="dump"), "overlap")


def test_frames_between_the_regular_steps_are_left_out(tmp_path):
    steps = [-20, *[50 * n for n in range(120)]]
    is_whole(read(tmp_path, made.dump(RUN[[0, *range(120)]], steps=steps), name="dump"), "off_grid")
    steps = sorted([*[50 * n for n in range(120)], 3025])
    frames = [round(step / 50) for step in steps]
    is_whole(read(tmp_path, made.dump(RUN[frames], steps=steps), name="dump"), "off_grid")


def test_numbers_that_start_anew(tmp_path):
    is_whole(read(tmp_path, made.xdatcar(RUN[:60]), made.xdatcar(RUN[60:])))
    is_whole(read(tmp_path, made.xdatcar(RUN[:60]) + made.xdatcar(RUN[60:])))
    is_whole(read(tmp_path, made.xdatcar(RUN[:60]), made.xdatcar(RUN[59:])), "repeated")
    is_whole(read(tmp_path, made.xdatcar(RUN[:60]) + made.xdatcar(RUN[59:])), "repeated")
    is_whole(read(tmp_path, made.xdatcar(RUN[:80]), made.xdatcar(RUN[59:])), "overlap")


def test_a_repeated_frame_may_be_rounded_and_wrapped_otherwise(tmp_path):
    again = made.wrapped(RUN[59:])
    again[0] = (np.round(again[0] @ INVERSE, 4) @ made.CELL) + made.EDGE_A * (np.arange(156).reshape(52, 3) % 3 - 1)
    is_whole(read(tmp_path, made.xdatcar(RUN[:60]), made.xdatcar(again, folded=False)), "repeated")


def test_pieces_without_numbers(tmp_path):
    pieces = made.extxyz(RUN[:60]), made.extxyz(RUN[60:])
    is_whole(read(tmp_path, *pieces, name="xyz"))
    is_whole(read(tmp_path, "".join(pieces), name="xyz"))
    is_whole(read(tmp_path, made.extxyz(RUN[:60]), made.extxyz(RUN[59:]), name="xyz"), "repeated")
    is_whole(read(tmp_path, made.extxyz(RUN[:80]), made.extxyz(RUN[60:]), name="xyz"), "overlap")


def torn(text, marker, frame, keep):
    return marker.join(text.split(marker)[: frame + 1]) + marker + text.split(marker)[frame + 1][:keep]


@pytest.mark.parametrize("keep", [3, 40, 305, 310, 900])
def test_a_torn_frame_that_a_restart_wrote_again(tmp_path, keep):
    for gap in ("\n", ""):
        first = torn(made.dump(RUN[:62], steps=[50 * n for n in range(62)]), "ITEM: TIMESTEP", 61, keep)
        is_whole(read(tmp_path, first + gap + part(61, 120), name="dump"), "torn")
        first = torn(made.xdatcar(RUN[:62]), "Direct configuration", 61, keep)
        rest = made.xdatcar(RUN[61:], steps=range(62, 121))
        if keep > 40 and gap:  # the number of the torn frame is whole
            is_whole(read(tmp_path, first + gap + rest), "torn")
    first = torn(made.extxyz(RUN[:62]), "52\nLattice", 61, keep)
    if keep > 200:
        is_whole(read(tmp_path, first + "\n" + made.extxyz(RUN[61:]), name="xyz"), "torn")


def test_a_torn_frame_at_the_end_is_left_out(tmp_path):
    for name, text in (("XDATCAR", made.xdatcar(RUN)), ("dump", part(0, 120)), ("xyz", made.extxyz(RUN))):
        trajectory = read(tmp_path, text[:-200], name=name)
        assert (trajectory.frames, [note.code for note in trajectory.notes]) == (119, ["torn"])


def test_a_torn_frame_that_nothing_replaces_is_refused(tmp_path):
    lines = made.extxyz(RUN).splitlines(keepends=True)
    del lines[54 * 60 + 20]
    with pytest.raises(InputError, match=r"line 3294 .*frame is incomplete, and without frame numbers"):
        read(tmp_path, "".join(lines), name="xyz")
    lines = made.xdatcar(RUN).splitlines(keepends=True)
    del lines[7 + 53 * 60 + 20]
    with pytest.raises(InputError, match=r"frame 60 lacks a time step: step 60 is followed by 62"):
        read(tmp_path, "".join(lines))


OTHER = made.run(120, seed=22)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("xyz", made.extxyz(np.concatenate([RUN[:60], OTHER[60:]])), "gap before .*frame 60: the mobile atoms move"),
        ("xyz", made.extxyz(made.wrapped(np.concatenate([RUN[:60], OTHER[60:]]))), "gap before .*frame 60"),
        ("xyz", made.extxyz(np.delete(RUN, range(60, 90), axis=0)), "gap before .*frame 60: the mobile atoms move"),
        (
            "xyz",
            made.extxyz(np.concatenate([RUN[:60], OTHER[60:]]), info=lambda n: f"time={n % 60}"),
            "frame 60: the time decreases from 59 to 0, and the mobile atoms move",
        ),
        (
            "dump",
            made.dump(np.concatenate([RUN[:60], OTHER[60:]]), steps=[50 * (n % 60) for n in range(120)]),
            "frame 60: the step decreases from 2950 to 0, and the mobile atoms move",
        ),
        ("dump", made.dump(RUN, steps=[50 * n + 500 * (n > 59) for n in range(120)]), "frame 60 lacks a time step"),
        (
            "xyz",
            made.extxyz(RUN[np.r_[0:60, 60:120:2]], info=lambda n: f"time={n if n < 60 else 2 * n - 60}"),
            "frame 61 lacks a time step: time 60 is followed by 62",
        ),
        (
            "xyz",
            made.extxyz(
                RUN * np.repeat([1, 1.04], 60)[:, None, None], cells=np.repeat([1, 1.04], 60)[:, None, None] * made.CELL
            ),
            "the cell changes by 3.9% at .*frame 60",
        ),
        (
            "xyz",
            made.extxyz(
                RUN * np.linspace(1, 1.1, 120)[:, None, None], cells=np.linspace(1, 1.1, 120)[:, None, None] * made.CELL
            ),
            "the volume of the cell drifts by",
        ),
    ],
)
def test_two_runs_in_one_file(tmp_path, name, text, message):
    with pytest.raises(InputError, match=message):
        read(tmp_path, text, name=name)


def test_pieces_with_another_spacing(tmp_path):
    first = made.xdatcar(RUN[:60], steps=[50 * n for n in range(1, 61)])
    for every in (100, 25):
        with pytest.raises(InputError, match=f"frames are {every} steps apart, 50 in the piece before"):
            read(tmp_path, first, made.xdatcar(RUN[60:], steps=[every * n for n in range(1, 61)]))


def test_a_breathing_cell_is_no_drift(tmp_path):
    strain = 1 + np.random.default_rng(3).normal(0, 0.01, 120)[:, None, None]
    trajectory = read(tmp_path, made.extxyz(RUN * strain, cells=strain * made.CELL), name="xyz")
    assert trajectory.notes == ()
    truth = made.li_displacements(RUN) * strain.mean()
    np.testing.assert_allclose(np.diff(trajectory.relative_A(), axis=0), truth, atol=1e-3)


def turn(angle_deg, start=60):
    """One PS4 group turns about a P-S bond between two frames."""
    run, x = RUN.copy(), np.radians(angle_deg)
    axis = run[:, 28].mean(0) - run[:, 24].mean(0)
    axis /= np.linalg.norm(axis)
    k = np.cross(np.eye(3), axis)
    matrix = np.eye(3) + np.sin(x) * k + (1 - np.cos(x)) * k @ k
    centre = run[start:, 24:25]
    run[start:, 28:32] = (run[start:, 28:32] - centre) @ matrix + centre
    return run


@pytest.mark.parametrize("angle_deg", [60, 120, 180, 240])
def test_ps4_groups_may_turn(tmp_path, angle_deg):
    run = turn(angle_deg)
    for name, text in (("xyz", made.extxyz(run)), ("XDATCAR", made.xdatcar(run))):
        trajectory = read(tmp_path, text, name=name)
        np.testing.assert_allclose(np.diff(trajectory.relative_A(), axis=0), made.li_displacements(run), atol=1e-3)


@pytest.mark.parametrize("pair", [(28, 40), (28, 48), (24, 25), (24, 28)])
def test_atoms_of_different_groups_do_not_exchange(tmp_path, pair):
    run = RUN.copy()
    run[60:, pair] = run[60:, pair[::-1]]
    with pytest.raises(InputError, match=r"frame 60: the order of atoms changes.* takes the place of"):
        read(tmp_path, made.extxyz(run), name="xyz")


def test_exchanged_lithium_is_named_as_such(tmp_path):
    run = RUN.copy()
    run[60:, :24] = run[60:, 23::-1]
    with pytest.raises(InputError, match=r"the order of atoms changes at .*frame 60"):
        read(tmp_path, made.extxyz(run), name="xyz")
