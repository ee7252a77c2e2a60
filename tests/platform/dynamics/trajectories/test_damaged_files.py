"""No damage to a file of any format ends in anything but the right motion or an error a user can act on."""

import random
import warnings

import crystal_runs as made
import numpy as np
import pytest
from ase import Atoms
from ase.io import write
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from argyro.platform.common.errors import InputError
from argyro.platform.dynamics.trajectories.concatenate import read_trajectories
from argyro.platform.dynamics.trajectories.frame import FORMATS, ReadOptions

RUN = made.run(54)
TEXTS = {
    "XDATCAR": made.xdatcar(RUN),
    "run.dump": made.dump(RUN, before=lambda n: "ITEM: UNITS\nmetal\n" if n == 0 else ""),
    "run.extxyz": made.extxyz(RUN, info=lambda n: f"step={n} time={250 * n}"),
    "run-pos-1.xyz": made.cp2k(RUN),
    "vasprun.xml": made.vasprun(RUN),
    "OUTCAR": made.outcar(RUN),
}


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    """The bytes of each format, and a structure for DCD."""
    folder = tmp_path_factory.mktemp("originals")
    frames = [Atoms(made.SPECIES, frame, cell=made.CELL, pbc=True) for frame in RUN]
    write(folder / "run.traj", frames)
    write(folder / "POSCAR", frames[0], format="vasp")
    binary = {"run.traj": (folder / "run.traj").read_bytes(), "run.dcd": made.dcd(RUN)}
    return folder, {name: text.encode() for name, text in TEXTS.items()} | binary


def cut(data, chance):
    return data[: chance.randrange(len(data))]


def cut_and_go_on(data, chance):
    start, stop = sorted(chance.randrange(len(data)) for _ in range(2))
    return data[:start] + data[stop:]


def repeat(data, chance):
    start, stop = sorted(chance.randrange(len(data)) for _ in range(2))
    return data[:stop] + data[start:]


def garbage(data, chance):
    at = chance.randrange(len(data))
    return data[:at] + chance.randbytes(chance.choice([1, 8, 300])) + data[at + chance.choice([0, 1, 8]) :]


def nul_bytes(data, chance):
    at = chance.randrange(len(data))
    return data[:at] + b"\0" * 200 + data[at + 200 :]


def swap_lines(data, chance):
    lines = data.splitlines(keepends=True)
    for _ in range(chance.choice([1, 50])):
        a, b = chance.randrange(len(lines)), chance.randrange(len(lines))
        lines[a], lines[b] = lines[b], lines[a]
    return b"".join(lines)


def drop_line(data, chance):
    lines = data.splitlines(keepends=True)
    del lines[chance.randrange(len(lines))]
    return b"".join(lines)


def digit(data, chance):
    places = [at for at in range(min(len(data), 3000)) if data[at : at + 1].isdigit()]
    at = chance.choice(places)
    return data[:at] + chance.choice([b"9", b"-", b"e", b"99999999999", b"."]) + data[at + 1 :]


def utf16(data, chance):
    return data.decode("latin-1").encode("utf-16")


def latin1(data, chance):
    return data[:30] + b"\xe9\xff" + data[30:]


DAMAGES = [cut, cut_and_go_on, repeat, garbage, nul_bytes, swap_lines, drop_line, digit, utf16, latin1]
NAMES = [*TEXTS, "run.traj", "run.dcd"]


@pytest.mark.parametrize("name", NAMES)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)
@given(damage=st.sampled_from(DAMAGES), seed=st.integers(0, 10**6))
def test_damage_is_refused_or_harmless(originals, tmp_path, name, damage, seed):
    folder, data = originals
    path = tmp_path / name
    path.write_bytes(damage(data[name], random.Random(seed)))
    cell = made.CELL if name in ("run-pos-1.xyz", "run.dcd") else None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            trajectory = read_trajectories([path], 250.0, options=ReadOptions((), cell, folder / "POSCAR"))
    except InputError as error:
        assert 20 < len(str(error)) < 600 and "\n" not in str(error)
        return
    found = np.linalg.norm(np.diff(trajectory.relative_A(), axis=0), axis=2)
    assert np.isfinite(found).all()
    assert np.median(found) < 1.5 * np.median(np.linalg.norm(made.li_displacements(RUN), axis=2))


def test_what_is_no_trajectory_names_the_formats(tmp_path):
    for content in (b"hello\n", b"\x89PNG\r\n\x1a\n" + bytes(100), bytes(range(256))):
        (tmp_path / "a.bin").write_bytes(content)
        with pytest.raises(InputError) as raised:
            read_trajectories([tmp_path / "a.bin"], 250.0)
        assert FORMATS in str(raised.value)
    (tmp_path / "a.bin").write_bytes(b"\n\0\n")
    with pytest.raises(InputError, match="is empty"):
        read_trajectories([tmp_path / "a.bin"], 250.0)
    with pytest.raises(InputError, match="no trajectory at"):
        read_trajectories([tmp_path], 250.0)
