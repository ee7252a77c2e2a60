"""Spacing of wrapped frames, the framework, the time axis, single frames that cannot be."""

import crystal_runs as made
import numpy as np
import pytest

from argyro.platform.common.errors import InputError
from argyro.platform.dynamics.trajectories.concatenate import read_trajectories
from argyro.platform.dynamics.trajectories.unwrap import Spacing

COARSE = made.run(80, step_A=4.5)
FLAGS = np.floor(COARSE / made.EDGE_A)


def read(tmp_path, text, name="run.xyz", interval_fs=10000.0, species="Li"):
    path = tmp_path / name
    path.write_text(text)
    return read_trajectories([path], interval_fs, species)


def codes(trajectory):
    return [note.code for note in trajectory.notes]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("run.dump", made.dump(made.wrapped(COARSE), "x y z")),
        ("run.dump", made.dump(COARSE / made.EDGE_A % 1, "xs ys zs")),
        ("XDATCAR", made.xdatcar(COARSE)),
        ("run.xyz", made.extxyz(made.wrapped(COARSE))),
    ],
)
def test_wrapped_frames_too_far_apart_are_refused(tmp_path, name, text):
    message = (
        r"too far apart to unwrap: .* half the cell is 4.93 Å .*xu yu zu.*, image flags .* or a frame every \d00 fs"
    )
    with pytest.raises(InputError, match=message):
        read(tmp_path, text, name)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("run.dump", made.dump(COARSE)),
        ("run.dump", made.dump(COARSE / made.EDGE_A, "xsu ysu zsu")),
        ("run.dump", made.dump(np.concatenate([COARSE - FLAGS * made.EDGE_A, FLAGS], axis=2), "x y z ix iy iz")),
        ("run.xyz", made.extxyz(COARSE)),
    ],
)
def test_unwrapped_frames_may_lie_far_apart(tmp_path, name, text):
    steps = np.diff(read(tmp_path, text, name).relative_A(), axis=0)
    np.testing.assert_allclose(steps, made.li_displacements(COARSE), atol=5e-3)


def test_image_flags_that_do_not_follow_the_atoms_are_refused(tmp_path):
    """Wrapped positions with flags of zero: framework atoms at a wall jump by a whole cell."""
    run = made.run(60, step_A=0.5)
    text = made.dump(np.concatenate([made.wrapped(run), np.zeros_like(run, dtype=int)], axis=2), "x y z ix iy iz")
    with pytest.raises(InputError, match="a framework atom jumps by a cell edge, but the file states unwrapped"):
        read(tmp_path, text, "run.dump")


@pytest.mark.parametrize(("step_A", "accepted"), [(0.9, True), (1.1, True), (2.0, False), (2.8, False)])
def test_the_limit_lies_where_the_nearest_image_begins_to_fail(tmp_path, step_A, accepted):
    run = made.run(400, step_A=step_A)
    if not accepted:
        with pytest.raises(InputError, match="too far apart"):
            read(tmp_path, made.xdatcar(run), "XDATCAR")
        return
    found = (np.diff(read(tmp_path, made.xdatcar(run), "XDATCAR").relative_A(), axis=0) ** 2).mean()
    assert found == pytest.approx((made.li_displacements(run) ** 2).mean(), rel=0.01)


def test_a_single_narrow_axis_counts(tmp_path):
    """The least width between faces decides, not the edge: 2.8 Å here, by 12 Å along the edge."""
    cell = np.array([[12.0, 0, 0], [11.64, 2.9, 0], [0, 0, 27.0]])
    run = made.run(80, step_A=0.9)
    with pytest.raises(InputError, match=r"half the cell is 1.4"):
        read(tmp_path, made.extxyz(made.wrapped(run, cell), cells=cell))


def test_the_step_is_known_although_it_is_folded():
    random = np.random.default_rng(0)
    for sigma in (0.1, 0.25, 0.35):
        steps = random.normal(0, sigma, (30000, 3))
        folded = np.abs(steps - np.round(steps))
        spacing = Spacing(folded.size, int((folded > 0.45).sum()), np.cos(2 * np.pi * folded).sum(axis=0))
        np.testing.assert_allclose(spacing.rms_steps(), sigma, rtol=0.05)
        assert spacing.is_coarse == (sigma > 0.2)


SHARED = made.run(120, shared_A=0.3)


@pytest.mark.parametrize("name", ["run.xyz", "run.dump", "XDATCAR"])
def test_lithium_alone_keeps_its_collective_motion(tmp_path, name):
    only = SHARED[:, made.LI]
    text = {
        "run.xyz": lambda: made.extxyz(only, ["Li"] * 24),
        "run.dump": lambda: made.dump(only, kinds=["Li"] * 24),
        "XDATCAR": lambda: made.xdatcar(only, blocks=(("Li", 24),)),
    }[name]()
    trajectory = read(tmp_path, text, name, 250.0)
    assert codes(trajectory) == ["no_framework"]
    np.testing.assert_allclose(np.diff(trajectory.relative_A(), axis=0), np.diff(only, axis=0), atol=1e-3)


def test_a_framework_of_one_atom_is_noted(tmp_path):
    kept = np.r_[0:24, 24]
    trajectory = read(tmp_path, made.extxyz(SHARED[:, kept], np.array(made.SPECIES)[kept]), interval_fs=250.0)
    assert codes(trajectory) == ["small_framework"]


def test_a_mobile_element_is_no_framework(tmp_path):
    trajectory = read(tmp_path, made.extxyz(made.run(120, step_A=0.6)), interval_fs=250.0, species="S")
    assert codes(trajectory) == ["mobile_framework"]
    lithium_sodium = made.run(120, step_A=0.6)[:, made.LI]
    trajectory = read(tmp_path, made.extxyz(lithium_sodium, ["Li"] * 12 + ["Na"] * 12), interval_fs=250.0)
    assert codes(trajectory) == ["no_framework"]


def test_drift_of_the_whole_cell_is_removed(tmp_path):
    drift = np.arange(120)[:, None, None] * np.array([0.1, 0.0, -0.05])
    run = made.run(120)
    trajectory = read(tmp_path, made.extxyz(run + drift), interval_fs=250.0)
    np.testing.assert_allclose(np.diff(trajectory.relative_A(), axis=0), made.li_displacements(run), atol=1e-3)
    assert codes(trajectory) == []


RUN = made.run(60)


@pytest.mark.parametrize("given_fs", [250.0, 250000.0])
def test_a_time_without_a_unit_agrees_in_fs_or_ps(tmp_path, given_fs):
    text = made.extxyz(RUN, info=lambda n: f"time={250 * n}")
    assert read(tmp_path, text, interval_fs=given_fs).interval_ps == pytest.approx(given_fs / 1000)


@pytest.mark.parametrize("key", ["time", "Time"])
def test_a_time_that_contradicts_the_interval(tmp_path, key):
    with pytest.raises(InputError, match="are 250 or 250000 fs apart, not 100"):
        read(tmp_path, made.extxyz(RUN, info=lambda n: f"{key}={250 * n}"), interval_fs=100.0)
    with pytest.raises(InputError, match="are 250 fs apart, not 100"):
        read(tmp_path, made.extxyz(RUN, info=lambda n: f"{key}_ps={0.25 * n}"), interval_fs=100.0)
    assert read(tmp_path, made.extxyz(RUN, info=lambda n: f"{key}_fs={250 * n}"), interval_fs=None).interval_ps == 0.25


def test_an_interval_that_is_the_time_step(tmp_path):
    text = made.xdatcar(RUN, steps=[50 * n for n in range(1, 61)])
    with pytest.raises(
        InputError, match=r"time step of 0.1 fs; if 5 fs is the time step, give --frame-interval-fs 250"
    ):
        read(tmp_path, text, "XDATCAR", 5.0)
    assert codes(read(tmp_path, made.xdatcar(RUN), "XDATCAR", 2.0)) == ["looks_like_potim"]
    assert codes(read(tmp_path, made.xdatcar(RUN), "XDATCAR", 100.0)) == []


@pytest.mark.parametrize("given_fs", [None, 0.0, -1.0, float("nan"), float("inf")])
def test_no_interval(tmp_path, given_fs):
    with pytest.raises(InputError, match=r"the time between frames is (missing|.* fs, which is not positive)"):
        read(tmp_path, made.extxyz(RUN), interval_fs=given_fs)


@pytest.mark.parametrize("word", ["nan", "inf", "1e300", "********"])
@pytest.mark.parametrize("name", ["XDATCAR", "run.xyz", "run.dump"])
def test_a_coordinate_that_is_no_number_names_its_frame(tmp_path, word, name):
    text = {"XDATCAR": made.xdatcar, "run.xyz": made.extxyz, "run.dump": made.dump}[name](RUN)
    lines = text.splitlines(keepends=True)
    first = {"XDATCAR": 7 + 53 * 30 + 4, "run.xyz": 54 * 30 + 5, "run.dump": 61 * 30 + 12}[name]
    words = lines[first].split()
    words[-3] = word
    lines[first] = " ".join(words) + "\n"
    with pytest.raises(InputError, match=r"(frame 30|configuration 31|frame of line 1621|step 1500).*a coordinate"):
        read(tmp_path, "".join(lines), name, 250.0)


def test_impossible_densities(tmp_path):
    with pytest.raises(InputError, match="not a solid"):
        read(tmp_path, made.extxyz(RUN * 10, cells=made.CELL * 10), interval_fs=250.0)
    with pytest.raises(InputError, match="not a solid"):
        read(tmp_path, made.xdatcar(RUN, cell=made.CELL / 4), "XDATCAR", 250.0)
