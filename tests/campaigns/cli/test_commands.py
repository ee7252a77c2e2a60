"""The command line's contract: exit codes, JSON keys, one clear message for a mistake."""

import json
import re

import pytest
from ase.build import bulk
from ase.calculators.lj import LennardJones
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import read, write

from argyro.campaigns.cli.main import main
from argyro.campaigns.run import _ray_words
from argyro.surrogates.data.descriptors import Identity, identity_of


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["nonsense"], "No such command"),
        (["validate"], "Missing argument"),
        (["validate", "nowhere.yaml"], "cannot be read"),
        (["plan", "nowhere.yaml"], "cannot be read"),
        (["run", "nowhere.yaml"], "cannot be read"),
        (["status", "nowhere"], "not a campaign folder"),
        (["report", "nowhere"], "not a campaign folder"),
        (["ui", "nowhere"], "not a campaign folder"),
        (["template", "nothing"], "quickstart"),
        (["structure"], "--composition"),
        (["structure", "--composition", "Na6PS5Cl"], "Na"),
        (["structure", "--composition", "Li6PS5Cl", "--boundary", "sigma5"], "sigma5"),
        (["diffusion", "nowhere", "--temperature", "500", "--timestep-fs", "100"], "nowhere"),
    ],
)
def test_a_mistake_ends_with_2_and_one_message(argyro, arguments, words):
    done = argyro(*arguments)
    assert done.returncode == 2, done.stderr
    assert words in done.stderr and "Traceback" not in done.stderr
    done = argyro(*arguments, "--json")
    assert done.returncode == 2 and words in json.dumps(json.loads(done.stdout))


def test_validate_prints_its_keys(argyro, smoke, tmp_path):
    assert json.loads(argyro("validate", smoke, "--json").stdout) == {"valid": True, "errors": []}
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(smoke.read_text().replace("disorder: 0.5", "disorder: 5"))
    done = argyro("validate", wrong, "--json")
    document = json.loads(done.stdout)
    assert done.returncode == 2 and document["valid"] is False
    assert set(document["errors"][0]) == {"path", "given", "accepted", "message"}


def test_plan_prints_its_keys_and_refuses_what_cannot_fit(argyro, smoke, tmp_path):
    done = argyro("plan", smoke, "--json")
    document = json.loads(done.stdout)
    assert done.returncode == 0 and document["fits"]
    assert {"stages", "labels", "core_hours", "wall_hours", "disk_GB", "fits"} <= set(document)
    assert {"name", "waiting", "running", "done", "failed", "quarantined"} <= set(document["stages"][0])
    large = tmp_path / "large.yaml"
    large.write_text(smoke.read_text() + "resources: {md: 4096}\n")
    done = argyro("plan", large, "--json")
    document = json.loads(done.stdout)
    assert done.returncode == 1 and not document["fits"] and "4096 cores" in document["warnings"][0]


def test_template_and_schema(argyro, smoke):
    assert argyro("template", "smoke").stdout == smoke.read_text()
    schema = json.loads(argyro("schema").stdout)
    assert {"materials", "temperatures_K", "grain_sizes_nm"} <= set(schema["required"])
    assert schema["additionalProperties"] is False


def test_doctor_finds_this_machine_fit(argyro):
    done = argyro("doctor", "--json")
    checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert done.returncode == 0, checks
    assert checks["lmp with pair mtp"]["ok"] and checks["labels: diep"]["ok"]


def test_structure_and_homogenize_print_their_keys(argyro, tmp_path):
    out = tmp_path / "cell.extxyz"
    document = json.loads(argyro("structure", "--composition", "Li6PS5Br", "-o", out, "--json").stdout)
    assert document["atoms"] == 52 and document["charge"] == 0 and all(document["checks"].values()) and out.exists()
    lengths = ["--width-nm", "2.5", "--grain-size-nm", "25"]
    done = argyro("homogenize", "--d-bulk", "1e-7", "--d-par", "1e-8", "--d-perp", "1e-8", *lengths, "--json")
    document = json.loads(done.stdout)
    assert 1e-8 < document["mean_cm2_s"] < 1e-7 and len(document["effective_cm2_s"]) == 3
    assert {"relative_error_bound", "method", "grain_size_nm", "width_nm"} <= set(document)


def test_the_version_is_printed(argyro):
    done = argyro("--version")
    assert done.returncode == 0 and done.stdout.startswith("argyro 0.")


CIF = """data_Li6PS5Cl
_cell_length_a 9.86
_cell_length_b 9.86
_cell_length_c 9.86
_cell_angle_alpha 90
_cell_angle_beta 90
_cell_angle_gamma 90
_symmetry_space_group_name_H-M 'F -4 3 m'
_symmetry_Int_Tables_number 216
loop_
_atom_site_label
_atom_site_type_symbol
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
_atom_site_occupancy
Li1 Li 0.1827 0.1827 0.0201 0.5
S1 S 0.6188 0.6188 0.6188 1
P1 P 0.5 0.5 0.5 1
Cl1 Cl 0 0 0 0.5
S2 S 0 0 0 0.5
Cl2 Cl 0.25 0.25 0.25 0.5
S3 S 0.25 0.25 0.25 0.5
"""


def test_the_cell_of_a_cif_states_its_material_for_predict(argyro, tmp_path):
    crystal, cell = tmp_path / "crystal.cif", tmp_path / "cell.extxyz"
    crystal.write_text(CIF)
    assert argyro("structure", crystal, "-o", cell).returncode == 0
    assert identity_of(read(cell)) == Identity.of("Li6PS5Cl", 0.5, "bulk")


def test_a_cell_that_rounds_the_composition_states_both(argyro):
    done = argyro("structure", "--composition", "Li6.6P0.4Ge0.6S5I", "--disorder", "0.1")
    asked, held = "Li6.6P0.4Ge0.6S5I, disorder 10 %", "Li6.5P0.5Ge0.5S5I, disorder 0 %"
    assert f"{asked} becomes {held} in this cell" in done.stdout


def test_homogenize_answers_a_table(argyro, tmp_path):
    table, out = tmp_path / "points.csv", tmp_path / "answers.csv"
    table.write_text(
        "d_bulk_cm2_s,d_parallel_cm2_s,d_perpendicular_cm2_s,width_nm,grain_size_nm\n"
        "1e-7,1e-8,1e-8,2.5,100\n1e-7,1e-8,1e-8,2.5,1000\n"
    )
    rows = json.loads(argyro("homogenize", "--table", table, "-o", out, "--json").stdout)["rows"]
    assert rows[0]["mean_cm2_s"] < rows[1]["mean_cm2_s"] < 1e-7
    assert out.read_text().count("\n") == 3
    done = argyro("homogenize", "--d-bulk", "1e-7")
    assert done.returncode == 2 and "--grain-size-nm" in done.stderr


def test_a_potential_is_trained_evaluated_and_graded(argyro, tmp_path):
    frames, potential = tmp_path / "frames.extxyz", tmp_path / "lj.mtp"
    labelled = []
    for seed in range(6):
        atoms = bulk("Ar", "fcc", 5.3, cubic=True)
        atoms.rattle(0.1, seed=seed)
        calculator = LennardJones(sigma=3.4, epsilon=0.0103, rc=8.0)
        calculator.calculate(atoms)
        atoms.calc = SinglePointCalculator(atoms, **{k: calculator.results[k] for k in ("energy", "forces", "stress")})
        atoms.info["label_source"] = "lennard-jones"
        labelled.append(atoms)
    write(frames, labelled)
    done = argyro("potential", "train", frames, "--level", "4", "--iterations", "50", "-o", potential, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["force_meV_A"] < 5
    done = argyro("potential", "evaluate", potential, frames, "--grade", "--json")
    documents = json.loads(done.stdout)["frames"]
    assert len(documents) == 6 and len(documents[0]["forces_eV_A"]) == 4
    assert set(documents[0]) == {"energy_eV", "forces_eV_A", "stress_eV_A3", "grade"}
    assert all(document["grade"] <= 1 + 1e-6 for document in documents)
    grades = json.loads(argyro("potential", "grade", potential, frames, "--json").stdout)["grades"]
    assert len(grades) == 6 and len(grades[0]) == 4


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["potential", "evaluate", "nowhere.mtp", "nowhere.xyz"], "nowhere"),
        (["potential", "train", "nowhere.xyz", "--level", "8", "-o", "x.mtp"], "nowhere"),
        (["labels", "install", "magic"], "magic"),
        (["labels", "check", "sevennet"], "install"),
    ],
)
def test_mistakes_in_the_groups(argyro, arguments, words):
    done = argyro(*arguments)
    assert done.returncode == 2 and words in done.stderr and "Traceback" not in done.stderr


@pytest.mark.slow
def test_labels_check_compares_forces_with_slopes(argyro):
    document = json.loads(argyro("labels", "check", "diep", "--json").stdout)
    assert document["force_error_eV_A"] < 0.02 and document["label_source"].startswith("diep/2.0")


def test_a_run_announces_the_cluster_before_it_connects(smoke, tmp_path, capsys):
    with pytest.raises(SystemExit) as end:
        main(["run", str(smoke), "--workdir", str(tmp_path / "run"), "--address", "127.0.0.1:1"])
    done = capsys.readouterr()
    assert end.value.code == 1 and "no Ray cluster answers" in done.err
    assert done.out.startswith("connecting to the Ray cluster at 127.0.0.1:1\n")


def test_a_run_of_its_own_names_its_cores():
    assert re.fullmatch(r"starting Ray on \d+ cores?", _ray_words(None))
