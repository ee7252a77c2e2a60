"""What a campaign file, a store or a label command from elsewhere must not be able to do."""

import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from argyro.campaigns.spec.load import InvalidCampaign, load_campaign
from argyro.platform.labels.references import ENGINES

ROOT = Path(__file__).parents[3]
SPEC = "name: x\nmaterials: [{composition: Li6PS5Cl}]\ntemperatures_K: [500]\ngrain_sizes_nm: [50]\n"
# pickle, marshal, unsafe YAML, shells
RULES = "S301,S302,S506,S602,S604,S605,S609"


@pytest.fixture
def load(tmp_path, monkeypatch):
    """Loads a campaign file from a directory of its own, which is the current one."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)

    def loaded(extra, **options):
        (here / "x.yaml").write_text(SPEC + extra)
        return load_campaign(Path("x.yaml"), **options)

    return loaded


OUTSIDE = [
    "store: /var/lib/results",
    "store: ../results",
    "store: file:///var/lib/results",
    "store: ~/results",
    "store: /var/lib/x=y",
    "store: 'a.py:/../../out'",
    "store: file:///%76ar/lib",
    "store: inside/link/../../../results",
    "tracking: sqlite:///%2e%2e/mlflow.db",
    "labels: {known: [../labels.extxyz]}",
    "labels: {source: mace, teacher: {train_on: chgnet, foundation: ../x.model}}",
    "surrogate: {foundation: {source: mace, model: ../x.model}}",
    "labels: {source: vasp, kwargs: {command: mpirun --prefix=/opt vasp_std}}",
    "tracking: sqlite:////var/lib/mlflow.db",
    "labels: {source: ase, factory: '/tmp/evil.py:make'}",
    "labels: {python: /usr/bin/python3}",
    "labels: {kwargs: {model: /etc/passwd}}",
    "md: {lammps: runs/../../lmp}",
    "md: {launcher: '/tmp/evil -n 4'}",
]


@pytest.mark.parametrize("extra", OUTSIDE)
def test_a_path_outside_is_refused_before_anything_runs(load, extra):
    with pytest.raises(InvalidCampaign, match="--outside") as caught:
        load(extra)
    mistake = caught.value.mistakes[-1]
    assert mistake.path.split(".")[0] == extra.split(":")[0]


FOREIGN = [
    "store: FILE:///var/lib/results",
    "store: local:///var/lib/results",
    "store: mock:///results",
    "tracking: sqlite+pysqlite:////var/lib/t.db",
    "tracking: SQLITE:////var/lib/t.db",
    "tracking: sqlite:///file:x.db?uri=true",
    "tracking: runs/mlflow.db",
]


@pytest.mark.parametrize("extra", FOREIGN)
def test_other_local_schemes_are_refused_even_outside(load, extra):
    with pytest.raises(InvalidCampaign, match="write") as caught:
        load(extra, outside=True)
    assert caught.value.mistakes[0].path == extra.split(":")[0]


def test_a_link_made_by_the_user_may_lead_anywhere(load, tmp_path):
    (tmp_path / "here" / "link").symlink_to(tmp_path)
    assert load("store: link/results").name == "x"
    with pytest.raises(InvalidCampaign, match="--outside"):
        load("store: link/../x")


INSIDE = [
    "store: results",
    "store: s3://bucket/results",
    "tracking: sqlite:///runs/mlflow.db",
    "tracking: http://127.0.0.1:5000",
    "md: {launcher: mpirun -np 4, lammps: build/lmp}",
]


@pytest.mark.parametrize("extra", INSIDE)
def test_paths_inside_servers_and_programs_by_name_are_fine(load, extra):
    assert load(extra).name == "x"


def test_a_user_who_trusts_the_file_says_so(load, tmp_path):
    assert load("store: /var/lib/results", outside=True).store == "/var/lib/results"
    assert load(f"store: {tmp_path}/place/results", workdir=tmp_path / "place").name == "x"


def test_a_campaign_file_makes_no_objects(load, tmp_path):
    with pytest.raises(InvalidCampaign, match="not YAML"):
        load(f"store: !!python/object/apply:os.mkdir ['{tmp_path}/made']")
    assert not (tmp_path / "made").exists()


def start_vasp(kwargs, folder):
    ENGINES["vasp"].build(kwargs, folder)._run(directory=folder)


def start_cp2k(kwargs, folder):
    ends = (AssertionError, OSError, RuntimeError)  # when ASE notices the end of the program depends on the load
    with warnings.catch_warnings(), pytest.raises(ends):
        warnings.simplefilter("ignore")
        ENGINES["cp2k"].build(kwargs, folder)


@pytest.mark.parametrize("start", [start_vasp, start_cp2k])
def test_a_label_command_is_no_shell_script(start, tmp_path):
    """Both codes are started by ASE through a shell; a command with a second one in it must not run that."""
    made = tmp_path / "made"
    start({"command": f"true; touch {made} $(touch {made}) > {made}"}, tmp_path)
    assert not made.exists()


def test_a_pickle_in_the_store_is_not_opened(tmp_path):
    from argyro.platform.continuum.mesh.mesh import Mesh

    class Evil:
        def __reduce__(self):
            return (os.mkdir, (str(tmp_path / "made"),))

    np.savez(tmp_path / "mesh.npz", points=np.array([Evil()], dtype=object))
    with pytest.raises(Exception, match=r".+"):
        Mesh.load(tmp_path / "mesh.npz")
    assert not (tmp_path / "made").exists()


def test_the_code_holds_no_unpickling_no_unsafe_yaml_and_no_shell():
    folders = [str(ROOT / name) for name in ("actors", "campaigns", "platform", "surrogates")]
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--select", RULES, *folders]
    checked = subprocess.run(command, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout
