"""The documentation site builds strictly, whole, and without anything loaded from elsewhere."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from argyro.campaigns.spec.schema import Labels

ROOT = Path(__file__).parents[2]
LOADED = re.compile(
    r"""<(?:script|img|iframe)[^>]+src=["'](https?:)?//|<link[^>]+rel=["']?stylesheet[^>]+href=["']?(https?:)?//"""
)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    out = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(out)]
    quiet = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=quiet, check=False)
    assert done.returncode == 0, done.stderr
    return out


def test_every_page_is_there(site):
    pages = {file.relative_to(ROOT / "docs").with_suffix(".html") for file in (ROOT / "docs").rglob("*.md")}
    assert len(pages) > 10
    assert all((site / page).is_file() for page in pages)


def test_nothing_is_loaded_from_elsewhere(site):
    found = {file.name: LOADED.search(file.read_text()) for file in site.rglob("*.html")}
    assert not {name: match[0] for name, match in found.items() if match}


def test_the_reference_names_what_the_code_has(site):
    structures = (site / "api" / "structures.html").read_text()
    assert "build_boundary" in structures and "min_grain_thickness_nm" in structures
    continuum = re.sub(r"<[^>]+>", "", (site / "api" / "continuum.html").read_text())
    assert "effective_diffusivity(" in continuum and "relative_error_bound" in continuum


def blocks(page, language):
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / "docs" / page).read_text(), flags=re.S)


@pytest.mark.parametrize("block", blocks("dft.md", "yaml"))
def test_label_sources_may_stand_in_a_campaign_file(block):
    asked = yaml.safe_load(block)["labels"]
    assert Labels.model_validate(asked).source == asked["source"]


@pytest.mark.parametrize("block", [b for page in ("dft.md", "results.md", "labels.md") for b in blocks(page, "python")])
def test_examples_in_python_can_be_compiled(block):
    compile(block, "docs", "exec")
