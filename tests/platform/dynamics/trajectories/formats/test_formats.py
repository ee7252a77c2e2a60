"""Every format gives the same motion; what each may vary does not change it."""

import bz2
import gzip
import lzma

import crystal_runs as made
import numpy as np
import pytest
from ase import Atoms
from ase.io import write

from argyro.platform.common.errors import InputError
from argyro.platform.dynamics.trajectories.concatenate import read_trajectories
from argyro.platform.dynamics.trajectories.elements import element_of
from argyro.platform.dynamics.trajectories.formats.cp2k_cell import parse_cell
from argyro.platform.dynamics.trajectories.frame import ReadOptions

RUN = made.run()
INVERSE = np.linalg.inv(made.CELL)
LI_PER_A3 = 24 / made.EDGE_A**3


def same_motion(trajectory, run=RUN, atol=2e-4):
    steps = np.diff(trajectory.relative_A(), axis=0)
    np.testing.assert_allclose(steps, made.li_displacements(run), atol=atol)
    assert trajectory.ions_per_A3 == pytest.approx(LI_PER_A3, rel=1e-4)
    assert trajectory.counts == dict(made.BLOCKS)


def read(tmp_path, name, text, interval_fs=250.0, **options):
    path = tmp_path / name
    path.write_text(text)
    return read_trajectories([path], interval_fs, options=ReadOptions(**options))


def turned(a=0.4, b=0.7):
    (ca, sa), (cb, sb) = ((np.cos(x), np.sin(x)) for x in (a, b))
    return np.array([[ca, -sa, 0], [sa, ca, 0], [0, 0, 1]]) @ np.array([[cb, 0, sb], [0, 1, 0], [-sb, 0, cb]])


def general_box(vectors, origin):
    rows = "".join(f"{made.row(vector, '{:.10f}')} {x}\n" for vector, x in zip(vectors, origin, strict=True))
    return f"ITEM: BOX BOUNDS abc origin pp pp pp\n{rows}"


XDATCARS = {
    "plain": made.xdatcar(RUN),
    "volume as scale": made.xdatcar(RUN, scale=f"{-(made.EDGE_A**3):.6f}", vectors=np.eye(3)),
    "volume and cell": made.xdatcar(RUN, scale=f"{-(made.EDGE_A**3):.6f}"),
    "three scales": made.xdatcar(RUN, scale=" ".join([str(made.EDGE_A)] * 3), vectors=np.eye(3)),
    "unwrapped": made.xdatcar(RUN, folded=False),
    "every 50th step": made.xdatcar(RUN, steps=[50 * n for n in range(1, 61)]),
    "overflow": made.xdatcar(RUN, steps=[n if n < 30 else "******" for n in range(60)]),
    "glued": made.xdatcar(RUN, steps=[str(1000000 + n) for n in range(60)]),
    "pseudopotentials": made.xdatcar(RUN, blocks=(("Li_sv", 24), ("P_GW", 4), ("S_h", 20), ("Cl", 4))),
    "hashes": made.xdatcar(RUN, blocks=(("Li_sv/7f3a9c", 24), ("P/0b5c", 4), ("S/9e8d", 20), ("Cl/", 4))),
    "upper case": made.xdatcar(RUN, blocks=(("LI", 24), ("P", 4), ("S", 20), ("CL", 4))),
    "lines of names": made.xdatcar(RUN).replace("Li  P  S  Cl\n24  4  20  4", "Li P\nS Cl\n24 4\n20 4"),
    "variable cell": "".join(made.xdatcar(RUN[n : n + 1], steps=[n + 1]) for n in range(60)),
    "blank lines": made.xdatcar(RUN).replace("Direct", "\nDirect"),
    "Windows": made.xdatcar(RUN).replace("\n", "\r\n"),
}


@pytest.mark.parametrize("case", XDATCARS)
def test_xdatcar(tmp_path, case):
    same_motion(read(tmp_path, "XDATCAR", XDATCARS[case]))


def test_an_element_may_stand_in_two_blocks(tmp_path):
    order = np.r_[0:10, 24:52, 10:24]
    blocks = (("Li", 10), ("P", 4), ("S", 20), ("Cl", 4), ("Li", 14))
    same_motion(read(tmp_path, "XDATCAR", made.xdatcar(RUN[:, order], blocks=blocks)))


def test_xdatcar_of_vasp_4_needs_the_elements(tmp_path):
    text = made.xdatcar(RUN, names=False)
    with pytest.raises(InputError, match=r"has no element names .* --elements Li,P,S,Cl"):
        read(tmp_path, "XDATCAR", text)
    same_motion(read(tmp_path, "XDATCAR", text, elements=("Li", "P", "S", "Cl")))


FLAGS = np.floor(RUN / made.EDGE_A)
TURNED, SKEW = turned(), np.array([[made.EDGE_A, 0, 0], [-2.0, 9.0, 0], [1.0, -0.5, 11.0]])
IN_SKEW = RUN @ INVERSE @ SKEW
SKEW_BOX = "ITEM: BOX BOUNDS xy xz yz pp pp pp\n"
SKEW_BOX += f"-2 {made.EDGE_A + 1} -2\n-0.5 9 1\n0 11 -0.5\n"
ORIGIN = np.array([1.0, -2.0, 3.0])
DUMPS = {
    "xu": made.dump(RUN),
    "x": made.dump(made.wrapped(RUN), "x y z"),
    "xs": made.dump(RUN @ INVERSE % 1, "xs ys zs"),
    "xsu": made.dump(RUN @ INVERSE, "xsu ysu zsu"),
    "flags": made.dump(np.concatenate([RUN - FLAGS * made.EDGE_A, FLAGS], axis=2), "x y z ix iy iz"),
    "scaled flags": made.dump(np.concatenate([RUN @ INVERSE - FLAGS, FLAGS], axis=2), "xs ys zs ix iy iz"),
    "x beside xu": made.dump(np.concatenate([made.wrapped(RUN), RUN], axis=2), "x y z xu yu zu"),
    "units after": made.dump(RUN).replace("ITEM: NUMBER", "ITEM: UNITS\nmetal\nITEM: NUMBER", 1),
    "bohr": made.dump(
        RUN / 0.529177210903,
        before=lambda n: "ITEM: UNITS\nelectron\n" if n == 0 else "",
        box=lambda n: "ITEM: BOX BOUNDS pp pp pp\n" + f"0 {made.EDGE_A / 0.529177210903:.9f}\n" * 3,
    ),
    "general straight": made.dump(RUN, box=lambda n: general_box(made.CELL, np.zeros(3))),
    "old box": made.dump(RUN).replace("BOUNDS pp pp pp", "BOUNDS"),
}


@pytest.mark.parametrize("case", DUMPS)
def test_lammps_dump(tmp_path, case):
    same_motion(read(tmp_path, "run.lammpstrj", DUMPS[case]))


@pytest.mark.parametrize("columns", ["xu yu zu", "x y z", "xs ys zs"])
def test_a_turned_box(tmp_path, columns):
    values = {"xu yu zu": RUN @ TURNED + ORIGIN, "x y z": made.wrapped(RUN) @ TURNED + ORIGIN}
    text = made.dump(
        values.get(columns, RUN @ INVERSE % 1), columns, box=lambda n: general_box(made.CELL @ TURNED, ORIGIN)
    )
    same_motion(read(tmp_path, "a.dump", text), RUN @ TURNED)


def test_a_tilted_box(tmp_path):
    for columns, values in (("x y z", made.wrapped(IN_SKEW, SKEW)), ("xu yu zu", IN_SKEW)):
        trajectory = read(tmp_path, "a.dump", made.dump(values, columns, box=lambda n: SKEW_BOX))
        np.testing.assert_allclose(trajectory.cell_A, SKEW, atol=1e-6)
        truth = np.diff(IN_SKEW[:, made.LI] - IN_SKEW[:, ~made.LI].mean(axis=1, keepdims=True), axis=0)
        np.testing.assert_allclose(np.diff(trajectory.relative_A(), axis=0), truth, atol=2e-4)


def test_types_are_named_by_an_option(tmp_path):
    number = {"Li": "1", "P": "2", "S": "3", "Cl": "4"}
    text = made.dump(RUN, kinds=[number[name] for name in made.SPECIES], kind="type")
    with pytest.raises(InputError, match="--elements Li,P,S,Cl"):
        read(tmp_path, "a.dump", text)
    with pytest.raises(InputError, match="type 4, but --elements names 3 types"):
        read(tmp_path, "a.dump", text, elements=("Li", "P", "S"))
    same_motion(read(tmp_path, "a.dump", text, elements=("Li", "P", "S", "Cl")))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("BOUNDS pp pp pp", "BOUNDS tilted pp pp pp", "not one that LAMMPS writes"),
        ("BOUNDS pp pp pp", "BOUNDS abc origin pp pp pp", "not one that LAMMPS writes"),
        ("ITEM: TIMESTEP", "ITEM: UNITS\nlj\nITEM: TIMESTEP", "units 'lj'"),
        ("ITEM: ATOMS id", "ITEM: ENTRIES id", "not an item of an atom dump"),
        ("id element", "index element", "lacks the columns id and element"),
        ("xu yu zu", "vx vy vz", "lacks positions"),
        ("9.8614", "98.614", "not a solid"),
        (" Li ", " Xx ", "not a chemical element"),
    ],
)
def test_dumps_that_cannot_be_understood(tmp_path, old, new, message):
    with pytest.raises(InputError, match=message):
        read(tmp_path, "a.dump", made.dump(RUN).replace(old, new))


def test_a_dump_with_times_needs_no_interval(tmp_path):
    text = made.dump(RUN, before=lambda n: ("ITEM: UNITS\nmetal\n" if n == 0 else "") + f"ITEM: TIME\n{n * 0.25}\n")
    trajectory = read(tmp_path, "a.dump", text, None)
    same_motion(trajectory)
    assert trajectory.interval_ps == pytest.approx(0.25)
    with pytest.raises(InputError, match="are 250 fs apart, not 500"):
        read(tmp_path, "a.dump", text, 500.0)
    without_unit = made.dump(RUN, before=lambda n: f"ITEM: TIME\n{n * 0.25}\n")
    same_motion(read(tmp_path, "a.dump", without_unit, 250.0))
    with pytest.raises(InputError, match=r"--frame-interval-fs 0.25 for fs, --frame-interval-fs 250"):
        read(tmp_path, "a.dump", without_unit, None)


EXTXYZS = {
    "plain": made.extxyz(RUN),
    "wrapped": made.extxyz(made.wrapped(RUN)),
    "time": made.extxyz(RUN, info=lambda n: f"time={0.25 * n:.2f}"),
    "step": made.extxyz(RUN, info=lambda n: f"step={50 * n} energy=-1.0 note='a b'"),
    "no newline at the end": made.extxyz(RUN).rstrip("\n"),
    "byte order mark": "\ufeff" + made.extxyz(RUN),
    "labels": made.extxyz(RUN, species=[f"{name}{n}" for n, name in enumerate(made.SPECIES)]),
    "unwrapped beside": made.extxyz(np.concatenate([made.wrapped(RUN), RUN], axis=2)).replace(
        "pos:R:3", "pos:R:3:unwrapped_position:R:3"
    ),
}


@pytest.mark.parametrize("case", EXTXYZS)
def test_extxyz(tmp_path, case):
    same_motion(read(tmp_path, "run.extxyz", EXTXYZS[case]))


def test_cp2k_needs_a_cell_and_knows_its_time(tmp_path):
    with pytest.raises(InputError, match=r"without a cell; give --cell"):
        read(tmp_path, "run-pos-1.xyz", made.cp2k(RUN))
    trajectory = read(tmp_path, "run-pos-1.xyz", made.cp2k(RUN), None, cell_A=parse_cell("9.8614"))
    same_motion(trajectory)
    assert trajectory.interval_ps == pytest.approx(0.25)
    rows = "".join(f"{n} {n * 250} {made.row(made.CELL.ravel())} {made.EDGE_A**3:.3f}\n" for n in range(60))
    (tmp_path / "run-1.cell").write_text("#   Step   Time [fs]  Ax ... Volume\n" + rows)
    same_motion(read(tmp_path, "run-pos-1.xyz", made.cp2k(RUN), None))


def test_vasprun(tmp_path):
    trajectory = read(tmp_path, "vasprun.xml", made.vasprun(RUN, potim_fs=250.0), None)
    same_motion(trajectory)
    assert trajectory.interval_ps == pytest.approx(0.25)
    same_motion(read(tmp_path, "vasprun.xml", made.vasprun(RUN, nblock=125)))
    cut = read(tmp_path, "vasprun.xml", made.vasprun(RUN)[:-400])
    assert (cut.frames, cut.notes[0].code) == (59, "torn")
    with pytest.raises(InputError, match="is damaged"):
        read(tmp_path, "vasprun.xml", made.vasprun(RUN).replace("</calculation>", "</calc>", 1) + " " * 5_000_000)


def test_outcar(tmp_path):
    trajectory = read(tmp_path, "OUTCAR", made.outcar(RUN, potim_fs=250.0), None)
    same_motion(trajectory)
    assert trajectory.interval_ps == pytest.approx(0.25)
    noted = read(tmp_path, "OUTCAR", made.outcar(RUN))
    assert [note.code for note in noted.notes] == ["potim"]
    with pytest.raises(InputError, match="names no elements"):
        read(tmp_path, "OUTCAR", made.outcar(RUN, names=("?", "?", "?", "?")))


def test_ase_trajectory(tmp_path):
    atoms = [Atoms(made.SPECIES, frame, cell=made.CELL, pbc=True) for frame in RUN]
    write(tmp_path / "run.traj", atoms)
    same_motion(read_trajectories([tmp_path / "run.traj"], 250.0))
    (tmp_path / "run.traj.gz").write_bytes(gzip.compress((tmp_path / "run.traj").read_bytes()))
    same_motion(read_trajectories([tmp_path / "run.traj.gz"], 250.0))


@pytest.mark.parametrize("order", ["<", ">"])
def test_dcd_takes_its_elements_from_a_structure(tmp_path, order):
    (tmp_path / "run.dcd").write_bytes(made.dcd(RUN, order))
    with pytest.raises(InputError, match="give --topology"):
        read_trajectories([tmp_path / "run.dcd"], 250.0)
    write(tmp_path / "POSCAR", Atoms(made.SPECIES, RUN[0], cell=made.CELL, pbc=True), format="vasp")
    options = ReadOptions(topology=tmp_path / "POSCAR")
    same_motion(read_trajectories([tmp_path / "run.dcd"], 250.0, options=options))
    (tmp_path / "run.dcd").write_bytes(made.dcd(RUN, order)[:-100])
    assert read_trajectories([tmp_path / "run.dcd"], 250.0, options=options).frames == 59
    write(tmp_path / "POSCAR", Atoms("Li2", cell=made.CELL, pbc=True), format="vasp")
    with pytest.raises(InputError, match="has 52 atoms, its topology 2"):
        read_trajectories([tmp_path / "run.dcd"], 250.0, options=options)


def zstd(data):
    import pyarrow

    return pyarrow.compress(data, codec="zstd", asbytes=True)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zstd])
@pytest.mark.parametrize("name", ["XDATCAR", "run.dump", "run.extxyz"])
def test_archives_are_known_by_their_first_bytes(tmp_path, pack, name):
    text = {"XDATCAR": made.xdatcar(RUN), "run.dump": made.dump(RUN), "run.extxyz": made.extxyz(RUN)}[name]
    data = pack(text.encode())
    for ending in ("", ".gz"):
        path = tmp_path / (name + ending)
        path.write_bytes(data)
        same_motion(read_trajectories([path], 250.0))
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError, match=r"is cut off after \d+ frames"):
        read_trajectories([path], 250.0)


def test_a_plain_file_may_be_called_gz(tmp_path):
    same_motion(read(tmp_path, "XDATCAR.gz", made.xdatcar(RUN)))


@pytest.mark.parametrize("name", ["Li_sv", "LI", "li", "Li/7f3a", "Li1", "Li_", "Li.5", "Li-1"])
def test_names_of_lithium(name):
    assert element_of(name) == "Li"


@pytest.mark.parametrize(
    ("name", "symbol"), [("H1.25", "H"), ("S_h", "S"), ("Ge_d_GW", "Ge"), ("7", None), ("Xx", None)]
)
def test_other_names(name, symbol):
    assert element_of(name) == symbol


@pytest.mark.parametrize("text", ["", "a", "1,2", "0", "nan", "1,1,1,0,0,0", "1,2,3,4,5,6,7"])
def test_cells_that_are_none(text):
    with pytest.raises(InputError, match="is not a cell"):
        parse_cell(text)


def test_cells_are_given_in_four_ways():
    for text in ("10", "10,10,10", "10 10 10 90 90 90", "10,0,0,0,10,0,0,0,10"):
        np.testing.assert_allclose(parse_cell(text), np.eye(3) * 10, atol=1e-9)
