import gzip

import numpy as np
import pytest
from ase import Atoms
from ase.io import write

from argyro.platform.common.errors import InputError
from argyro.platform.dynamics.trajectories.concatenate import read_trajectories

CELL = np.diag([10.0, 11.0, 12.0])
SPECIES = ["Li"] * 6 + ["P"] * 2 + ["S"] * 4


def walk(frames=80, seed=0):
    """(frames, 12, 3) unwrapped positions in Å: Li diffuses through the walls of the cell, the rest vibrates."""
    random = np.random.default_rng(seed)
    mobile = np.array([x == "Li" for x in SPECIES])
    start = random.random((len(SPECIES), 3)) * np.diag(CELL)
    steps = random.normal(size=(frames, len(SPECIES), 3)) * 0.6
    return np.where(mobile[:, None], start + np.cumsum(steps, axis=0), start + 0.1 * steps)


def wrapped(positions):
    return positions % np.diag(CELL)


def write_xdatcar(path, positions, first=1, order=slice(None), every=1):
    with gzip.open(path, "wt") if path.name.endswith(".gz") else path.open("w") as stream:
        stream.write("Li6P2S4\n1.0\n" + "\n".join(" ".join(map(str, row)) for row in CELL) + "\n")
        stream.write("Li P S\n6 2 4\n")
        for i, frame in enumerate(positions):
            stream.write(f"Direct configuration= {first + i * every:6d}\n")
            np.savetxt(stream, frame[order] / np.diag(CELL), fmt="%.10f")


def write_dump(path, positions, first=0, every=50, columns="x y z", steps=None, flags=False):
    with path.open("w") as stream:
        for i, frame in enumerate(positions):
            step = steps[i] if steps is not None else first + i * every
            shuffled = np.random.default_rng(i).permutation(len(frame))
            images = np.floor(frame / np.diag(CELL)).astype(int)
            stream.write(f"ITEM: TIMESTEP\n{step}\nITEM: NUMBER OF ATOMS\n{len(frame)}\nITEM: BOX BOUNDS pp pp pp\n")
            stream.write("0 10\n0 11\n0 12\n" + f"ITEM: ATOMS id element {columns}{' ix iy iz' if flags else ''}\n")
            for atom in shuffled:
                position = frame[atom] - images[atom] * np.diag(CELL) if flags else frame[atom]
                rest = " ".join(map(str, images[atom])) if flags else ""
                stream.write(f"{atom + 1} {SPECIES[atom]} {' '.join(f'{x:.8f}' for x in position)} {rest}\n")


def write_extxyz(path, positions):
    write(path, [Atoms(SPECIES, frame, cell=CELL, pbc=True) for frame in positions], format="extxyz")


def li_steps(trajectory):
    return np.diff(trajectory.positions_A, axis=0)


@pytest.mark.parametrize("form", ["XDATCAR", "XDATCAR.gz", "a.extxyz", "a.dump", "u.dump", "flags.dump"])
def test_every_format_gives_the_unwrapped_walk(tmp_path, form):
    positions, path = walk(), tmp_path / form
    writers = {
        "XDATCAR": lambda: write_xdatcar(path, wrapped(positions)),
        "XDATCAR.gz": lambda: write_xdatcar(path, wrapped(positions)),
        "a.extxyz": lambda: write_extxyz(path, wrapped(positions)),
        "a.dump": lambda: write_dump(path, wrapped(positions)),
        "u.dump": lambda: write_dump(path, positions, columns="xu yu zu"),
        "flags.dump": lambda: write_dump(path, positions, flags=True),
    }
    writers[form]()
    trajectory = read_trajectories([path], 100.0)
    np.testing.assert_allclose(li_steps(trajectory), np.diff(positions[:, :6], axis=0), atol=1e-5)
    assert trajectory.interval_ps == pytest.approx(0.1)
    assert trajectory.counts == {"Li": 6, "P": 2, "S": 4}


def test_a_tilted_lammps_box_is_read(tmp_path):
    """LAMMPS prints the bounding box of a tilted cell: xlo - min(0, xy), xhi + max(0, xy)."""
    positions, path = walk(), tmp_path / "a.dump"
    write_dump(path, positions, columns="xu yu zu")
    text = path.read_text().replace(
        "BOUNDS pp pp pp\n0 10\n0 11\n0 12", "BOUNDS xy xz yz pp pp pp\n-3 10 -3\n0 11 0\n0 12 0"
    )
    path.write_text(text)
    trajectory = read_trajectories([path], 100.0)
    np.testing.assert_allclose(trajectory.cell_A, [[10, 0, 0], [-3, 11, 0], [0, 0, 12]], atol=1e-9)
    np.testing.assert_allclose(li_steps(trajectory), np.diff(positions[:, :6], axis=0), atol=1e-5)


def test_pieces_join_and_a_repeated_frame_counts_once(tmp_path):
    positions = walk(100)
    write_dump(tmp_path / "a.dump", positions[:40])
    write_dump(tmp_path / "b.dump", positions[39:], first=39 * 50)
    trajectory = read_trajectories([tmp_path / "a.dump", tmp_path / "b.dump"], 100.0)
    assert trajectory.frames == 100
    np.testing.assert_allclose(li_steps(trajectory), np.diff(positions[:, :6], axis=0), atol=1e-5)


def test_numbers_that_start_afresh_are_no_gap(tmp_path):
    positions = wrapped(walk(100))
    write_xdatcar(tmp_path / "XDATCAR1", positions[:50])
    write_xdatcar(tmp_path / "XDATCAR2", positions[50:])
    assert read_trajectories([tmp_path / "XDATCAR1", tmp_path / "XDATCAR2"], 100.0).frames == 100


def refused(paths, message, **options):
    with pytest.raises(InputError, match=message):
        read_trajectories(paths, 100.0, **options)


def test_few_frames_are_refused(tmp_path):
    write_xdatcar(tmp_path / "XDATCAR", walk(49))
    refused([tmp_path / "XDATCAR"], "49 frames are too few")


def test_another_species_is_refused(tmp_path):
    write_xdatcar(tmp_path / "XDATCAR", walk())
    refused([tmp_path / "XDATCAR"], "but no Na", species="Na")


def test_a_missing_time_step_is_refused(tmp_path):
    positions = walk()
    steps = [50 * i for i in range(81) if i != 30]
    write_dump(tmp_path / "a.dump", positions, columns="xu yu zu", steps=steps)
    refused([tmp_path / "a.dump"], "frame 30 lacks a time step: step 1450 is followed by 1550")


def test_a_gap_between_pieces_is_refused(tmp_path):
    positions = walk(100)
    write_dump(tmp_path / "a.dump", positions[:40], columns="xu yu zu")
    write_dump(tmp_path / "b.dump", positions[60:], first=60 * 50, columns="xu yu zu")
    refused(
        [tmp_path / "a.dump", tmp_path / "b.dump"], "b.dump, frame 0 lacks a time step: step 1950 is followed by 3000"
    )


def test_a_gap_that_no_number_shows_is_refused(tmp_path):
    positions = wrapped(walk(200))
    write_extxyz(tmp_path / "a.xyz", positions[:60])
    write_extxyz(tmp_path / "b.xyz", positions[75:135])
    refused([tmp_path / "a.xyz", tmp_path / "b.xyz"], r"gap before .*b.xyz, frame 0: the mobile atoms move")


def test_wrapped_and_unwrapped_pieces_are_refused(tmp_path):
    positions = walk(200)
    write_xdatcar(tmp_path / "XDATCAR1", positions[:150])
    write_xdatcar(tmp_path / "XDATCAR2", wrapped(positions[150:]))
    refused([tmp_path / "XDATCAR1", tmp_path / "XDATCAR2"], "wrapped and unwrapped positions are mixed")


def test_a_changed_order_of_atoms_is_refused(tmp_path):
    positions = wrapped(walk(100))
    write_xdatcar(tmp_path / "XDATCAR1", positions[:50])
    write_xdatcar(tmp_path / "XDATCAR2", positions[50:], order=[0, 1, 2, 3, 4, 5, 7, 6, 8, 9, 11, 10])
    refused([tmp_path / "XDATCAR1", tmp_path / "XDATCAR2"], "the order of atoms changes, or frames are missing")
    write_extxyz(tmp_path / "a.xyz", positions[:50])
    frames = [Atoms(SPECIES[::-1], frame[::-1], cell=CELL, pbc=True) for frame in positions[50:]]
    write(tmp_path / "b.xyz", frames, format="extxyz")
    refused([tmp_path / "a.xyz", tmp_path / "b.xyz"], "lists its atoms in another order")


def test_other_atoms_are_refused(tmp_path):
    positions = wrapped(walk(100))
    write_extxyz(tmp_path / "a.xyz", positions[:50])
    write(tmp_path / "b.xyz", [Atoms("Li12", frame, cell=CELL, pbc=True) for frame in positions[50:]], format="extxyz")
    refused([tmp_path / "a.xyz", tmp_path / "b.xyz"], "has other atoms")


def test_unreadable_files_are_refused_by_name(tmp_path):
    refused([tmp_path / "XDATCAR"], "no trajectory at")
    refused([], "no trajectory was given")
    (tmp_path / "a.txt").write_text("hello\n")
    refused([tmp_path / "a.txt"], "has no known trajectory format")
    (tmp_path / "XDATCAR").write_text("hello\nworld\n")
    refused([tmp_path / "XDATCAR"], "not an XDATCAR")
    write_dump(tmp_path / "a.dump", walk(60))
    (tmp_path / "b.dump").write_text("\n".join((tmp_path / "a.dump").read_text().splitlines()[:-3]) + "\n")
    assert read_trajectories([tmp_path / "b.dump"], 100.0).notes[0].code == "torn"
    (tmp_path / "c.dump").write_text((tmp_path / "a.dump").read_text().replace("element", "type"))
    refused([tmp_path / "c.dump"], "types without elements; give them in the order of types, for instance --elements")
    (tmp_path / "d.dump").write_text((tmp_path / "a.dump").read_text().replace("x y z", "vx vy vz"))
    refused([tmp_path / "d.dump"], "lacks positions")
    write_xdatcar(tmp_path / "XDATCAR2", walk(60))
    (tmp_path / "XDATCAR3").write_text((tmp_path / "XDATCAR2").read_text()[:-40])
    assert read_trajectories([tmp_path / "XDATCAR3"], 100.0).frames == 59
    (tmp_path / "e.extxyz").write_text("hello\n")
    refused([tmp_path / "e.extxyz"], "a frame must begin with its number of atoms")
