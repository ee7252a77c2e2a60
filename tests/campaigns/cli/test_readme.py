"""Every command of the README works as pasted, and every page and picture it names is there."""

import json
import re
import shlex
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text()
COMMANDS = [
    line.split(" #")[0].strip()
    for block in re.findall(r"```sh\n(.*?)```", README, flags=re.S)
    for line in block.splitlines()
    if line.strip()
]
ARGYRO = f"{sys.executable} -c 'from argyro.campaigns.cli.main import main; main()'"


def pasted(line, folder):
    """Run a line in a shell, with this interpreter's argyro."""
    line = re.sub(r"^argyro\b", ARGYRO, line)
    return subprocess.run(line, shell=True, cwd=folder, capture_output=True, text=True, timeout=600)


@pytest.fixture(scope="module")
def workplace(tmp_path_factory, smoke_run, smoke):
    """A user's folder: the campaign `my` is the smoke campaign, already computed, so that `run` has little to do."""
    folder = tmp_path_factory.mktemp("readme")
    shutil.copytree(smoke_run[0], folder / "runs" / "my")
    shutil.copy(smoke, folder / "my.yaml")
    return folder


def test_the_first_screen_shows_the_real_output(argyro):
    command, shown = re.search(r"```sh\n(argyro .*?)\n```\n\n```\n(.*?)\n```", README, flags=re.S).groups()
    printed = argyro(*shlex.split(command, comments=True)[1:]).stdout
    lines = [line.rstrip() for line in printed.splitlines()]
    assert lines[: shown.count("\n") + 1] == shown.splitlines()


@pytest.mark.slow
@pytest.mark.parametrize("line", [line for line in COMMANDS if line.startswith("argyro")])
def test_argyro_commands(workplace, argyro, monkeypatch, line):
    monkeypatch.chdir(workplace)
    if "--address auto" in line:
        pytest.skip("joins a running cluster; tests/actors runs the executor on one")
    if "template" in line:
        done = argyro(*shlex.split(line.partition(">")[0])[1:])
        assert yaml.safe_load(done.stdout)["name"] == "quickstart"
    elif line.split()[1] in ("ui", "serve"):
        serves_a_page(line, workplace, b"MLflow" if line.split()[1] == "ui" else b"Li transport")
        return
    elif line.split()[1] == "run":  # in a process of its own: it may start a cluster
        done = pasted(line, workplace)
    else:
        done = argyro(*shlex.split(line)[1:])
    assert done.returncode == 0, done.stdout + done.stderr


def serves_a_page(line, folder, words):
    command = re.sub(r"^argyro\b", ARGYRO, line) + " --port 5917"
    server = subprocess.Popen(f"exec {command}", shell=True, cwd=folder)
    page = b""
    try:
        for _ in range(240):
            try:
                page = urllib.request.urlopen("http://127.0.0.1:5917/", timeout=5).read()
                break
            except OSError:
                assert server.poll() is None, "the server ended by itself"
                time.sleep(0.5)
        assert words in page
    finally:
        server.terminate()  # Ctrl-C ends it alike, but a test that runs in the background cannot send one
        assert server.wait(60) == 0


@pytest.mark.parametrize(
    ("line", "end"),
    [("make install", ".venv/.installed"), ("make quickstart", "argyro run campaigns/templates/quickstart.yaml")],
)
def test_make_commands_end_in_what_they_say(line, end):
    """The quick start itself takes minutes; here, that the target exists and what it would run."""
    assert line in COMMANDS
    dry = [*line.split(), "-n", "--always-make", "--no-print-directory"]
    recipe = subprocess.run(dry, cwd=ROOT, capture_output=True, text=True, check=True)
    assert end in recipe.stdout.strip().splitlines()[-1]


def test_the_cluster_file_satisfies_rays_schema():
    from ray.autoscaler._private.util import prepare_config, validate_config

    validate_config(prepare_config(yaml.safe_load((ROOT / "ray_cluster.yaml").read_text())))


def test_the_cloud_in_the_docs_satisfies_rays_schema():
    from ray.autoscaler._private.util import prepare_config, validate_config

    (text,) = re.findall(r"```yaml\n(provider:.*?)```", (ROOT / "docs" / "cluster.md").read_text(), flags=re.S)
    shared = yaml.safe_load((ROOT / "ray_cluster.yaml").read_text())
    del shared["min_workers"]  # with types of nodes each has its own
    validate_config(prepare_config(shared | yaml.safe_load(text)))


def test_the_slurm_script_is_a_script_and_names_options_that_ray_takes():
    from ray.scripts.symmetric_run import symmetric_run

    script = ROOT / "slurm" / "argyro.sbatch"
    subprocess.run(["bash", "-n", script], check=True)
    command = script.read_text().split("ray symmetric-run", 1)[1].replace("\\\n", " ")
    options = set(re.findall(r"(--[a-z-]+) ", command.split(" -- ")[0]))
    assert {"--address", "--min-nodes"} <= options & {name for p in symmetric_run.params for name in p.opts}
    from ray.scripts.scripts import start

    assert options - {"--address", "--min-nodes"} <= {name for p in start.params for name in p.opts}


def test_the_campaign_in_the_readme_is_valid(argyro, tmp_path):
    (text,) = re.findall(r"```yaml\n(.*?)```", README, flags=re.S)
    (tmp_path / "my.yaml").write_text(text)
    done = argyro("validate", tmp_path / "my.yaml", "--json")
    assert json.loads(done.stdout) == {"valid": True, "errors": []}


def test_every_page_and_picture_is_there():
    targets = [target for target in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in target]
    assert targets and all((ROOT / target).exists() for target in targets), targets
