"""The same labelled frames in the files of several programs come out the same; damaged files end with one sentence."""

import bz2
import gzip
import lzma

import frame_files
import numpy as np
import pytest
from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import write
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from argyro.platform.common.errors import InputError
from argyro.platform.potential.frames.label_keys import LabelKeys
from argyro.platform.potential.frames.mlip_cfg import write_cfg
from argyro.platform.potential.frames.structure_files import read_structures

DETECTED = LabelKeys()
FRAMES = list(frame_files.labelled_frames())
TEXTS = {
    "a.extxyz": frame_files.extxyz(FRAMES),
    "REF.extxyz": frame_files.extxyz(FRAMES, "REF_energy", "REF_forces", "REF_stress"),
    "dft.extxyz": frame_files.extxyz(FRAMES, "dft_energy", "dft_force", "dft_stress"),
    "mace.extxyz": frame_files.extxyz(FRAMES, "MACE_energy", "MACE_forces", "MACE_stress"),
    "suffix.extxyz": frame_files.extxyz(FRAMES, "energy_pbe", "forces_pbe", "stress_pbe"),
    "force.extxyz": frame_files.extxyz(FRAMES, forces="force"),
    "virial.extxyz": frame_files.extxyz(FRAMES, stress="virial", stress_of=lambda s, atoms: -s * atoms.get_volume()),
    "virials.extxyz": frame_files.extxyz(
        FRAMES, "REF_energy", "REF_forces", "REF_virials", stress_of=lambda s, atoms: -s * atoms.get_volume()
    ),
    "train.cfg": frame_files.mlip_cfg(FRAMES),
    "ML_AB": frame_files.ml_ab(FRAMES),
    "OUTCAR": frame_files.outcar(FRAMES),
    "vasprun.xml": frame_files.vasprun(FRAMES),
}


def read(path, text=None, keys=DETECTED, species=frame_files.SYMBOLS):
    if text is not None:
        path.write_text(text)
    return read_structures([path], species, keys)


def require_same(found, expected=FRAMES, tolerance=1e-8):
    assert len(found) == len(expected)
    for frame, (atoms, energy, forces, stress) in zip(found, expected, strict=True):
        assert frame.get_chemical_symbols() == atoms.get_chemical_symbols()
        np.testing.assert_allclose(frame.cell.array, atoms.cell.array, atol=tolerance)
        np.testing.assert_allclose(frame.positions, atoms.positions, atol=tolerance)
        assert frame.get_potential_energy() == pytest.approx(energy, abs=tolerance)
        np.testing.assert_allclose(frame.get_forces(), forces, atol=tolerance)
        np.testing.assert_allclose(frame.get_stress(), stress, atol=tolerance)


@pytest.mark.parametrize("name", TEXTS)
def test_every_format_gives_the_same_labels(tmp_path, name):
    require_same(read(tmp_path / name, TEXTS[name]).frames)


@pytest.mark.parametrize(("suffix", "opener"), [(".gz", gzip.open), (".bz2", bz2.open), (".xz", lzma.open)])
@pytest.mark.parametrize("name", ["a.extxyz", "ML_AB", "train.cfg"])
def test_compressed_files(tmp_path, name, suffix, opener):
    path = tmp_path / (name + suffix)
    with opener(path, "wt") as file:
        file.write(TEXTS[name])
    require_same(read(path).frames)


@pytest.mark.parametrize("name", ["a.traj", "a.db"])
def test_ase_trajectories_and_databases(tmp_path, name):
    images = []
    for atoms, energy, forces, stress in FRAMES:
        images.append(atoms.copy())
        images[-1].calc = SinglePointCalculator(images[-1], energy=energy, forces=forces, stress=stress)
    write(tmp_path / name, images)
    require_same(read(tmp_path / name).frames)


def test_a_database_with_labels_under_other_names(tmp_path):
    from ase.db import connect

    with connect(tmp_path / "a.db") as database:
        for atoms, energy, forces, stress in FRAMES:
            database.write(
                atoms, key_value_pairs={"ref_energy": energy}, data={"ref_forces": forces, "ref_stress": stress}
            )
    require_same(read(tmp_path / "a.db").frames)


def test_used_names_are_noted(tmp_path):
    assert read(tmp_path / "a.extxyz", TEXTS["a.extxyz"]).notes == []
    [note] = read(tmp_path / "b.extxyz", TEXTS["REF.extxyz"]).notes
    assert note.endswith("labels taken from REF_energy, REF_forces, REF_stress")


def test_two_sets_of_labels_that_differ_need_a_name(tmp_path):
    """As a file that a model has evaluated: REF_ of the reference, MACE_ of the model."""
    images = []
    for atoms, energy, forces, stress in FRAMES:
        images.append(atoms.copy())
        images[-1].info |= {"REF_energy": energy, "REF_stress": stress, "MACE_energy": energy + 1.0}
        images[-1].arrays |= {"REF_forces": forces, "MACE_forces": forces + 1.0}
    write(tmp_path / "a.extxyz", images)
    with pytest.raises(InputError, match=r"different labels under .*_energy.*; name one: --energy-key"):
        read(tmp_path / "a.extxyz")
    require_same(read(tmp_path / "a.extxyz", keys=LabelKeys("REF_energy", "REF_forces", "REF_stress")).frames)
    with pytest.raises(InputError, match=r"has no 'dft_energy'; give one of its keys: .*MACE_energy"):
        read(tmp_path / "a.extxyz", keys=LabelKeys("dft_energy"))


def test_stress_can_be_left_out(tmp_path):
    found = read(tmp_path / "a.extxyz", TEXTS["REF.extxyz"], LabelKeys(stress="none")).frames
    assert "stress" not in found[0].calc.results
    assert found[0].get_potential_energy() == pytest.approx(FRAMES[0][1])


def test_steps_that_did_not_converge_are_left_out_and_counted(tmp_path):
    for name, text in {
        "OUTCAR": frame_files.outcar(FRAMES, ("reached", "limit", "refused")),
        "vasprun.xml": frame_files.vasprun(FRAMES, ((1.0, 1e-9), (1.0, 1e-3), (1e-2, 2e-6)), limit=3),
    }.items():
        found = read(tmp_path / name, text)
        require_same(found.frames, FRAMES[:1])
        assert found.left_out == {"unconverged": 2}
        assert "2 of 3 frames were left out" in found.notes[-1]
        assert len(read(tmp_path / name, keys=None).frames) == 3  # labels do not matter there


def test_a_step_that_is_cut_off_is_left_out_and_noted(tmp_path):
    for name in ("OUTCAR", "vasprun.xml"):
        found = read(tmp_path / name, TEXTS[name][: int(0.85 * len(TEXTS[name]))])
        require_same(found.frames, FRAMES[:2])
        note = "is cut off: 2 complete steps are read, the incomplete last one is left out"
        assert found.notes == [f"{tmp_path / name} {note}"]


def test_an_outcar_cut_within_any_line_gives_its_complete_steps_only(tmp_path):
    """Half a number, as in an energy of -12 instead of -12.34, must not become a label."""
    text, ends = TEXTS["OUTCAR"], set()
    for end in range(text.index("TOTAL-FORCE"), len(text), 7):
        try:
            found = read(tmp_path / "OUTCAR", text[:end]).frames
        except InputError as error:
            assert "ends before its first complete ionic step" in str(error)
            found = []
        require_same(found, FRAMES[: len(found)])
        ends.add(len(found))
    assert ends >= {0, 1, 2}


def test_labels_that_are_not_numbers_are_kept_for_the_judgement_that_refuses_them(tmp_path):
    frames = [(atoms, np.nan, forces, stress) for atoms, _, forces, stress in FRAMES]
    found = read(tmp_path / "a.extxyz", frame_files.extxyz(frames)).frames
    assert np.isnan(found[0].get_potential_energy())


def test_mlips_numbers_need_names(tmp_path):
    with pytest.raises(InputError, match=r"numbers its species up to 2 and they are not named; .*--species"):
        read(tmp_path / "a.cfg", TEXTS["train.cfg"], species=None)
    with pytest.raises(InputError, match="only 2 are named"):
        read(tmp_path / "a.cfg", species=("Li", "P"))


def test_cfg_files_are_those_of_motep(tmp_path):
    motep = pytest.importorskip("motep.io.mlip.cfg")
    frames = read(tmp_path / "a.cfg", TEXTS["train.cfg"]).frames
    write_cfg(tmp_path / "ours.cfg", frames, frame_files.SYMBOLS)
    require_same(motep.read_cfg(tmp_path / "ours.cfg", index=":", species=list(frame_files.SYMBOLS)))
    require_same(read(tmp_path / "ours.cfg").frames)
    motep.write_cfg(tmp_path / "theirs.cfg", frames, species=list(frame_files.SYMBOLS))
    require_same(read(tmp_path / "theirs.cfg").frames, tolerance=2e-5)  # motep writes six digits


def test_a_cluster_in_a_cfg_file(tmp_path):
    cluster = Atoms("LiS", positions=[[0, 0, 0], [2, 0, 0]])
    cluster.calc = SinglePointCalculator(cluster, energy=-1.0, forces=np.zeros((2, 3)))
    write_cfg(tmp_path / "a.cfg", [cluster], ("S", "Li"))
    [found] = read(tmp_path / "a.cfg", species=("S", "Li")).frames
    assert found.get_chemical_formula() == "LiS" and not found.pbc.any()
    with pytest.raises(InputError, match="S is not among the species Li"):
        write_cfg(tmp_path / "a.cfg", [cluster], ("Li",))


def test_a_lattice_without_periodicity_is_noted(tmp_path):
    text = TEXTS["a.extxyz"].replace('pbc="T T T"', 'pbc="F F F"')
    found = read(tmp_path / "a.extxyz", text)
    assert 'have a lattice but pbc="F F F"; they are treated as clusters' in found.notes[0]
    assert "stress" not in found.frames[0].calc.results
    assert read(tmp_path / "b.xyz", "2\n\nLi 0 0 0\nS 2 0 0\n", keys=None).notes == []  # a molecule


CIF = """data_x
_cell_length_a 5
_cell_length_b 5
_cell_length_c 5
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_symmetry_space_group_name_H-M 'P 1'
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
_atom_site_disorder_group
"""


@pytest.mark.parametrize(
    ("sites", "words"),
    [
        ("Li1 Li 0 0 0 0.5 .\nS1 S .5 .5 .5 1 .\n", "0.5 Li on one site"),
        (
            "Li1 Li 0 0 0 1 .\nS1 S .5 .5 .5 0.4 .\nCl1 Cl .5 .5 .5 0.6 .\n",
            "0.4 S \\+ 0.6 Cl on one site|0.6 Cl \\+ 0.4 S",
        ),
        ("Li1 Li 0 0 0 ? .\nS1 S .5 .5 .5 1 .\n", "not a number"),
        ("Li1 Li 0 0 0 1 1\nLi2 Li .1 0 0 1 2\nS1 S .5 .5 .5 1 .\n", "disorder groups 1, 2"),
    ],
)
def test_partially_occupied_sites_are_refused(tmp_path, sites, words):
    with pytest.raises(InputError, match=f"partially occupied sites .*({words}).*argyro structure"):
        read(tmp_path / "a.cif", CIF + sites, keys=None)


def test_a_cif_of_whole_atoms_is_read(tmp_path):
    [found] = read(tmp_path / "a.cif", CIF + "Li1 Li 0 0 0 1 .\nS1 S .5 .5 .5 1.0 .\n", keys=None).frames
    assert found.get_chemical_formula() == "LiS"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "a.extxyz",
            '0\nLattice="5 0 0 0 5 0 0 0 5" Properties=species:S:1:pos:R:3\n',
            "frame 0: the structure contains no",
        ),
        ("a.extxyz", "", "cannot be read as structures|contains no structure"),
        ("a.cfg", "BEGIN_CFG\n Size\n 1\nEND_CFG\n", "structure 0 cannot be read"),
        ("ML_AB", TEXTS["ML_AB"][:-300], "not a complete ML_AB file"),
        ("a.nonsense", "nothing", "cannot be read as structures: .*use one of extxyz, CIF"),
    ],
)
def test_damaged_files_say_what_is_wrong(tmp_path, name, text, message):
    with pytest.raises(InputError, match=message):
        read(tmp_path / name, text)


def test_a_missing_file_and_a_folder(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        read(tmp_path / "none.extxyz")
    with pytest.raises(InputError):
        read(tmp_path)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
@given(
    name=st.sampled_from(sorted(TEXTS)),
    start=st.integers(0, 10**6),
    length=st.sampled_from([1, 5, 80, 10**6]),
    insert=st.sampled_from([b"", b"\x00\xff", b"nan", b"\n", b"99999999999", b"-1", "Å".encode("latin-1")]),
)
def test_altered_files_are_read_or_refused(tmp_path, name, start, length, insert):
    text = TEXTS[name].encode()
    at = start % len(text)
    (tmp_path / name).write_bytes(text[:at] + insert + text[at + length :])
    try:
        read(tmp_path / name)
    except InputError as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize("name", ["OUTCAR.gz", "a.extxyz.bz2", "ML_AB.xz"])
def test_a_name_that_states_another_compression_is_refused(tmp_path, name):
    (tmp_path / name).write_text(TEXTS["a.extxyz"])
    with pytest.raises(InputError, match="is not compressed, or not as its name says"):
        read_structures([tmp_path / name])


@pytest.mark.parametrize("kept", [40, 1000])
def test_a_damaged_archive_is_refused(tmp_path, kept):
    whole = gzip.compress(TEXTS["a.extxyz"].encode())
    assert len(whole) > kept
    (tmp_path / "a.extxyz.gz").write_bytes(whole[:kept])
    with pytest.raises(InputError):
        read_structures([tmp_path / "a.extxyz.gz"])
