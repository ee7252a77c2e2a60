"""Nothing that a campaign file names is executed before the user says so."""

import json
import subprocess
from pathlib import Path

import pytest

from argyro.campaigns.api import Campaign
from argyro.campaigns.cli.main import main
from argyro.campaigns.planning.readiness import lacking
from argyro.campaigns.spec.consent import executions, remember_interpreter, require_consent
from argyro.campaigns.spec.load import InvalidCampaign, load_campaign

SPEC = """name: x
materials: [{composition: Li6PS5Cl, disorder: 0.5}]
temperatures_K: [500]
grain_sizes_nm: [50]
structures: {supercell: [1, 1, 1]}
potential: {levels: [2]}
md: {launcher: %s, lammps: %s}
labels: %s
"""
UNKNOWN = {  # settings of labels -> the setting that names code
    "{source: chgnet, python: touch}": "labels.python",
    '{source: ase, factory: "os:system", kwargs: {command: touch ran}}': "labels.factory",
    "{source: ase, factory: 'evil.py:make'}": "labels.factory",
    "{source: vasp, kwargs: {command: ./vasp_std}}": "labels.kwargs.command",
    "{source: vasp, kwargs: {command: mpirun -np 4 sh}}": "labels.kwargs.command",
    "{source: vasp, kwargs: {command: srun --multi-prog 4}}": "labels.kwargs.command",
    "{source: mace, kwargs: {model: evil.model}}": "labels.kwargs.model",
    "{source: mace, teacher: {train_on: chgnet, python: touch}}": "labels.teacher.python",
    "{source: mace, teacher: {train_on: chgnet, foundation: evil.model}}": "labels.teacher.foundation",
}
KNOWN = [
    ("null", "null", "{}"),
    ("mpirun -np 4", "lmp", "{source: gpaw, python: .venvs/gpaw/bin/python}"),
    ("srun --ntasks=8 --exclusive", "lmp_mpi", "{source: vasp, kwargs: {command: mpirun -np 32 vasp_std}}"),
    ("null", "null", "{source: mace, kwargs: {model: medium}}"),
]


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty current directory and state folder, in which any new process is an error."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


def written(labels, launcher="null", lammps="null"):
    Path("x.yaml").write_text(SPEC % (launcher, lammps, labels))
    return Path("x.yaml")


def exit_code(*arguments):
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return ended.value.code


@pytest.mark.parametrize("labels", UNKNOWN)
def test_unknown_code_is_named_and_refused_without_trust(here, labels, capsys):
    file = written(labels)
    assert exit_code("validate", file) == 2
    message = capsys.readouterr().err
    assert UNKNOWN[labels] in message and "--trust" in message and "Traceback" not in message
    assert exit_code("run", file, "--inline") == 2
    assert exit_code("validate", file, "--trust") == 0
    assert [path.name for path in here.iterdir()] == ["x.yaml"]


@pytest.mark.parametrize(("launcher", "lammps", "labels"), KNOWN)
def test_known_engines_need_no_consent(here, launcher, lammps, labels):
    assert exit_code("validate", written(labels, launcher, lammps)) == 0


@pytest.mark.parametrize("labels", list(UNKNOWN)[:3])
def test_plan_lists_what_runs_and_starts_nothing_of_it(here, labels, capsys, monkeypatch):
    started = []
    popen = subprocess.Popen.__init__

    def watched(self, args, *rest, **options):
        started.append(args)
        popen(self, args, *rest, **options)

    monkeypatch.setattr(subprocess.Popen, "__init__", watched)
    assert exit_code("plan", written(labels), "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert UNKNOWN[labels] in [one["setting"] for one in document["executes"] if not one["known"]]
    assert not any("touch" in str(args[0]) or "serve" in args for args in started)
    assert sorted(path.name for path in here.iterdir()) == ["x.yaml"]


def test_trust_is_remembered_for_the_content_and_not_in_the_folder(here):
    file = written("{source: chgnet, python: touch}")
    campaign = load_campaign(file)
    with pytest.raises(InvalidCampaign):
        require_consent(campaign, "x", trust=False, run=True)
    require_consent(campaign, "x", trust=True, run=True)
    require_consent(campaign, "x", trust=False, run=True)
    file.write_text("# a comment\n" + file.read_text())
    require_consent(load_campaign(file), "x", trust=False, run=True)
    with pytest.raises(InvalidCampaign):
        require_consent(load_campaign(written("{source: chgnet, python: rm}")), "x", trust=False, run=True)
    assert [path.name for path in here.iterdir()] == ["x.yaml"]


def test_the_python_interface_asks_for_the_same_consent(here, monkeypatch):
    ran = []
    monkeypatch.setattr("argyro.campaigns.run.run_campaign", lambda campaign, folder, **_: ran.append(folder))
    campaign = Campaign(written("{source: chgnet, python: touch}"))
    with pytest.raises(InvalidCampaign, match="--trust"):
        campaign.run()
    assert not ran
    campaign.run(trust=True)
    assert ran == [Path("runs/x")]


def test_an_interpreter_is_known_in_a_run_once_argyro_has_installed_it(here):
    campaign = load_campaign(written("{source: sevennet, python: .venvs/sevennet/bin/python}"))
    require_consent(campaign, "x", trust=False, run=False)
    with pytest.raises(InvalidCampaign, match="--trust"):
        require_consent(campaign, "x", trust=False, run=True)
    remember_interpreter(Path(".venvs/sevennet/bin/python"))
    require_consent(campaign, "x", trust=False, run=True)


def test_a_damaged_registry_trusts_nothing(here, tmp_path):
    campaign = load_campaign(written("{source: chgnet, python: touch}"))
    require_consent(campaign, "x", trust=True, run=True)
    (tmp_path / "state" / "argyro" / "trusted.json").write_text("[1, 2")
    with pytest.raises(InvalidCampaign):
        require_consent(campaign, "x", trust=False, run=True)


def test_what_the_machine_lacks_is_no_mistake_of_the_file(here):
    text = "{source: sevennet, python: .venvs/sevennet/bin/python}"
    campaign = load_campaign(written(text, "mpirun -np 4", "lmp_of_another_machine"))
    lacks = " ".join(lacking(campaign))
    assert "argyro labels install sevennet" in lacks and "lmp_of_another_machine" in lacks
    assert {one.setting for one in executions(campaign)} == {"labels.python", "md.launcher", "md.lammps"}
