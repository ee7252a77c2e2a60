"""`argyro potential` on files of other programs: same answers, or exit 2 with one sentence."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import read, write

from argyro.campaigns.cli.main import main
from argyro.platform.potential.extrapolation.active_set import ActiveSet
from argyro.platform.potential.mtp.model import MTP
from argyro.platform.structures.crystal.bulk import build_bulk

POTENTIAL = Path(__file__).parents[3] / "campaigns" / "reference" / "potentials" / "Cl-Li-P-S.mtp"
SPECIES = "Li,P,S,Cl"


@pytest.fixture(scope="module")
def frames():
    """Rattled and strained Li6PS5Cl with the labels of the reference potential."""
    mtp, made = MTP.read(POTENTIAL), []
    for seed in range(5):
        rng, bulk = np.random.default_rng(seed), build_bulk("Li6PS5Cl", seed=0)
        atoms = Atoms(bulk.get_chemical_symbols(), positions=bulk.positions, cell=bulk.cell, pbc=True)
        atoms.set_cell(atoms.cell * (1 + rng.normal(scale=0.005)), scale_atoms=True)
        atoms.positions += rng.normal(scale=0.08, size=atoms.positions.shape)
        found = mtp.evaluate(atoms)
        labels = {"energy": found.energy_eV, "forces": found.forces_eV_A, "stress": found.stress_eV_A3}
        atoms.calc = SinglePointCalculator(atoms, **labels)
        made.append(atoms)
    return made


@pytest.fixture
def folder(tmp_path, monkeypatch, frames):
    """A folder with good.extxyz, nameless.mtp and its active set, the working directory of the test."""
    monkeypatch.chdir(tmp_path)
    write("good.extxyz", frames)
    lines = POTENTIAL.read_text().splitlines(keepends=True)
    Path("nameless.mtp").write_text("".join(line for line in lines if not line.startswith("potential_tag")))
    return tmp_path


@pytest.fixture
def potential(capsys):
    """Runs `argyro potential ...` in process; returns exit code, output and error."""

    def call(words, *more):
        with pytest.raises(SystemExit) as end:
            main(["potential", *words.split(), *more])
        captured = capsys.readouterr()
        assert "Traceback" not in captured.out + captured.err
        return end.value.code, captured.out, captured.err

    return call


def with_keys(frames, prefix):
    renamed = []
    for atoms in frames:
        copy = atoms.copy()
        results = atoms.calc.results
        copy.info |= {f"{prefix}energy": results["energy"], f"{prefix}stress": atoms.get_stress(voigt=False)}
        copy.arrays[f"{prefix}forces"] = results["forces"]
        renamed.append(copy)
    return renamed


TRAIN = "--level 4 --iterations 10 -o out.mtp --json"


def test_errors_of_the_validation_frames_are_printed(folder, potential):
    train = "train good.extxyz --level 4 --iterations 10 -o out.mtp"
    out = potential(f"{train} --validation 0.4")[1]
    assert "training errors of 3 frames: energy_meV_atom" in out
    assert "validation errors of 2 frames: energy_meV_atom" in out
    document = json.loads(potential(f"{train} --validation 0.4 --json")[1])
    assert f"force_meV_A {document['validation_force_meV_A']:.3g}" in out.splitlines()[-1]
    out = potential(f"{train} --validation 0.05")[1]
    assert "5 % of 5 frames is no frame" in out and "validation errors" not in out


def test_other_names_and_formats_train_the_same_potential(folder, potential, frames):
    write("ref.extxyz", with_keys(frames, "REF_"))
    assert potential(f"convert good.extxyz -o good.cfg --species {SPECIES}")[0] == 0
    code, out, _ = potential(f"train good.extxyz {TRAIN}")
    expected = json.loads(out)
    assert code == 0 and expected["notes"] == []
    for words in ("ref.extxyz", f"good.cfg --species {SPECIES}"):
        code, out, _ = potential(f"train {words} {TRAIN}")
        assert code == 0
        for name in ("energy_meV_atom", "force_meV_A", "stress_GPa"):
            assert json.loads(out)[name] == pytest.approx(expected[name], rel=0.01)


def test_repeated_frames_are_left_out_and_counted(folder, potential, frames):
    write("ref.extxyz", with_keys(frames, "REF_"))
    code, out, _ = potential(f"train good.extxyz ref.extxyz {TRAIN}")
    assert code == 0
    assert json.loads(out)["left_out"] == {"duplicates": 5} and json.loads(out)["frames"] == 5


@pytest.mark.parametrize(("factor", "unit"), [(1602.1766, "kbar"), (160.21766, "GPa"), (-1602.1766, "kbar")])
def test_stress_in_other_units_is_refused_and_can_be_left_out(folder, potential, frames, factor, unit):
    for atoms in frames:
        copy = atoms.copy()
        copy.calc = SinglePointCalculator(copy, **(atoms.calc.results | {"stress": factor * atoms.get_stress()}))
        write("other.extxyz", copy, append=True)
    code, out, _ = potential(f"train other.extxyz {TRAIN}")
    assert code == 2 and unit in json.loads(out)["error"]
    assert not Path("out.mtp").exists()
    code, out, _ = potential(f"train other.extxyz {TRAIN} --stress-key none")
    assert code == 0 and "stress_GPa" not in json.loads(out)


def test_files_without_species_need_them_on_every_command(folder, potential, frames):
    mtp = MTP.read(POTENTIAL)
    ActiveSet.from_frames(mtp, frames).write("nameless.active_set.txt")
    for words in ("evaluate nameless.mtp good.extxyz", "grade nameless.mtp good.extxyz"):
        code, _, err = potential(words)
        assert code == 2 and "--species" in err
    code, out, _ = potential(f"evaluate nameless.mtp good.extxyz --grade --species {SPECIES} --json")
    documents = json.loads(out)["frames"]
    assert documents[0]["energy_eV"] == pytest.approx(frames[0].get_potential_energy(), abs=1e-4)
    code, out, _ = potential(f"grade nameless.mtp good.extxyz --species {SPECIES} --json")
    assert code == 0 and max(json.loads(out)["grades"][0]) == pytest.approx(documents[0]["grade"])
    code, _, err = potential("grade nameless.mtp good.extxyz --species Cl,P,S,Li")
    assert code == 2 and "active set has the species Li, P, S, Cl" in err
    more = f"--start nameless.mtp --species {SPECIES} --level 8 --iterations 2 -o out.mtp"
    assert potential(f"train good.extxyz {more}")[0] == 0


def test_structure_relaxes_with_a_potential_without_species(folder, capsys):
    common = ["structure", "--composition", "Li6PS5Cl", "--potential", "nameless.mtp"]
    with pytest.raises(SystemExit) as end:
        main(common)
    assert end.value.code == 2 and "--species" in capsys.readouterr().err
    with pytest.raises(SystemExit) as end:
        main([*common, "--species", SPECIES, "--json"])
    assert end.value.code == 0


def test_a_molecule_has_no_stress_and_a_crystal_without_periodicity_is_noted(folder, potential, frames):
    crystal = frames[0].copy()
    crystal.pbc = False
    write("cluster.extxyz", crystal)
    code, out, _ = potential(f"evaluate {POTENTIAL} cluster.extxyz --json")
    document = json.loads(out)
    assert code == 0 and document["frames"][0]["stress_eV_A3"] is None
    assert 'pbc="F F F"' in document["notes"][0]
    code, out, _ = potential(f"evaluate {POTENTIAL} cluster.extxyz")
    assert "clusters" in out
    Path("molecule.xyz").write_text("2\n\nLi 0 0 0\nS 2.4 0 0\n")
    code, out, _ = potential(f"evaluate {POTENTIAL} molecule.xyz --json")
    assert code == 0 and json.loads(out)["notes"] == []


def altered(old, new):
    text = POTENTIAL.read_text()
    assert re.search(old, text)
    Path("bad.mtp").write_text(re.sub(old, new, text, count=1))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("species:Li,P,S,Cl", "species:Li,P,S,Rf", "'Rf' is not a chemical symbol"),
        ("species:Li,P,S,Cl", "species:Li,P,S,X", "'X' is not a chemical symbol"),
        ("max_dist = .*", "max_dist = 1e300", "must not exceed 1000"),
        ("max_dist = .*", "max_dist = 1000", "neighbours within the cutoff of 1000"),
        ("scaling = .*", "scaling = 1e308", "good.extxyz, frame 0: the potential gives no finite"),
        ("zbl:[^,]*", "zbl:99", "a repulsion radius"),
    ],
)
@pytest.mark.parametrize("form", ["", "--json"])
def test_potentials_that_cannot_be_used(folder, potential, old, new, words, form):
    altered(old, new)
    code, out, err = potential(f"evaluate bad.mtp good.extxyz {form}")
    assert code == 2
    assert words in (json.loads(out)["error"] if form else err)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('0\nLattice="5 0 0 0 5 0 0 0 5" Properties=species:S:1:pos:R:3\n', "frame 0: the structure contains no atoms"),
        ('1\nLattice="0.001 0 0 0 0.001 0 0 0 0.001"\nLi 0 0 0\n', "frame 0: no neighbour list: an atom has about"),
        ('1\nLattice="5 0 0 4.9999999 0.00001 0 0 0 5"\nLi 0 0 0\n', "at most 10000 are allowed"),
    ],
)
def test_structures_that_cannot_be_evaluated(folder, potential, text, words):
    Path("bad.extxyz").write_text(text)
    code, _, err = potential(f"evaluate {POTENTIAL} bad.extxyz")
    assert code == 2 and words in err


def test_ctrl_c_ends_with_one_word(folder, potential, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(MTP, "evaluate", interrupt)
    code, _, err = potential(f"evaluate {POTENTIAL} good.extxyz")
    assert code == 1 and err.strip() == "argyro: stopped"


def test_output_is_judged_before_training(folder, potential):
    for output in ("nowhere/out.mtp", "."):
        code, _, err = potential(f"train good.extxyz --level 4 -o {output}")
        assert code == 2 and "output" in err
    code, _, err = potential("convert good.extxyz -o out.dat")
    assert code == 2 and ".cfg" in err


def test_unlabelled_frames_name_what_the_file_holds(folder, potential, frames):
    bare = frames[0].copy()
    bare.info["E_total"] = -3.0
    write("bare.extxyz", bare)
    code, _, err = potential("train bare.extxyz --level 4 -o out.mtp")
    assert code == 2 and "has no energy and no forces" in err and "E_total" in err and "--energy-key" in err


def test_converted_frames_are_the_same(folder, potential, frames):
    assert potential("convert good.extxyz -o a.cfg --species S,P,Cl,Li")[0] == 0
    assert potential("convert a.cfg -o b.extxyz --species S,P,Cl,Li")[0] == 0
    for again, atoms in zip(read("b.extxyz", ":"), frames, strict=True):
        np.testing.assert_allclose(again.positions, atoms.positions, atol=1e-7)
        np.testing.assert_allclose(again.get_forces(), atoms.get_forces(), atol=1e-7)
        np.testing.assert_allclose(again.get_stress(), atoms.get_stress(), atol=1e-7)
        assert again.get_chemical_symbols() == atoms.get_chemical_symbols()
