"""The documentation site builds strictly and whole, loads nothing from elsewhere, and its links and commands exist."""

import ast
import os
import re
import subprocess
import sys
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml

from argyro.campaigns.spec.schema import Campaign, Labels

ROOT = Path(__file__).parents[2]
LOADED = re.compile(
    r"""<(?:script|img|iframe)[^>]+src=["'](https?:)?//|<link[^>]+rel=["']?stylesheet[^>]+href=["']?(https?:)?//"""
)


class Targets(HTMLParser):
    """Collects the links and the anchors of a page."""

    def __init__(self, text):
        super().__init__()
        self.links, self.anchors = set(), set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name in ("href", "src") and value:
                self.links.add(value)
            elif name in ("id", "name") and value:
                self.anchors.add(value)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    out = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(out)]
    quiet = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=quiet, check=False)
    assert done.returncode == 0, done.stderr
    return out


@pytest.mark.slow
def test_every_page_is_there(site):
    pages = {file.relative_to(ROOT / "docs").with_suffix(".html") for file in (ROOT / "docs").rglob("*.md")}
    assert len(pages) > 20
    assert all((site / page).is_file() for page in pages)


@pytest.mark.slow
def test_nothing_is_loaded_from_elsewhere(site):
    found = {file.name: LOADED.search(file.read_text()) for file in site.rglob("*.html")}
    assert not {name: match[0] for name, match in found.items() if match}


@pytest.mark.slow
def test_every_internal_link_has_its_page_and_anchor(site):
    @cache
    def targets(page):
        return Targets(page.read_text())

    broken = []
    for page in site.rglob("*.html"):
        if page.name == "404.html":  # its links are absolute
            continue
        for link in targets(page).links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            anchor = unquote(parts.fragment)
            known = not anchor or target.suffix != ".html" or not target.is_file() or anchor in targets(target).anchors
            if not target.exists() or not known:
                broken.append((page.name, link))
    assert not broken


@pytest.mark.slow
def test_the_python_reference_names_what_the_code_has(site):
    structures = (site / "api" / "structures.html").read_text()
    assert "build_boundary" in structures and "min_grain_thickness_nm" in structures
    continuum = re.sub(r"<[^>]+>", "", (site / "api" / "continuum.html").read_text())
    assert "effective_diffusivity" in continuum and "relative_error_bound" in continuum


@pytest.mark.slow
def test_the_command_and_settings_references_are_whole(site):
    commands = re.sub(r"<[^>]+>", "", (site / "reference" / "cli.html").read_text())
    assert all(words in commands for words in ("argyro predict", "--grain-size-nm", "argyro labels check"))
    settings = (site / "reference" / "campaign-file.html").read_text()
    assert all(f"<code>{key}</code>" in settings for key in Campaign.model_fields)


def blocks(page, language):
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), flags=re.S | re.M)


PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMANDS = {
    command
    for page in PAGES
    for block in blocks(page, "sh")
    for line in block.replace("\\\n", " ").splitlines()
    if (command := line.split(" #")[0].strip())
}


def test_yaml_blocks_of_labels_are_valid():
    for block in blocks(ROOT / "docs" / "dft.md", "yaml"):
        asked = yaml.safe_load(block)["labels"]
        assert Labels.model_validate(asked).source == asked["source"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_examples_in_python_compile(page):
    for block in blocks(page, "python"):
        compile(block, page.name, "exec")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_examples_in_python_import_what_exists(page):
    nodes = [node for block in blocks(page, "python") for node in ast.walk(ast.parse(block))]
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("argyro."):
            path = ROOT.joinpath(*node.module.split(".")[1:])
            source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
            assert {alias.name for alias in node.names} <= names_in(ast.parse(source.read_text()))


def names_in(tree):
    """Names that a module defines, imports, or loads on first use."""
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    imported = {alias.asname or alias.name for node in imports for alias in node.names}
    lazy = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    constants = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return defined | imported | lazy | constants


@pytest.mark.parametrize("line", sorted(COMMANDS))
def test_commands_are_known(line):
    words = line.split()
    if words[0] == "argyro":
        _parse(line)
    elif words[0] == "make":
        assert re.search(rf"^{words[1]}:", (ROOT / "Makefile").read_text(), flags=re.M)
    elif words[0] in ("python", ".venv/bin/python") and words[1] != "-m":
        assert (ROOT / words[1]).is_file()
    else:
        assert words[0].removeprefix("/opt/argyro/bin/").removeprefix(".venv/bin/") in (
            "argyro",
            "python",
            "python3",
            "source",
            "ray",
            "curl",
            "apt-get",
            "git",
            "pip",
            "pre-commit",
        )


def _parse(line):
    """Let the command line read the options without running the command."""
    import shlex

    import typer

    from argyro.campaigns.cli.main import app

    command, words = typer.main.get_command(app), shlex.split(line.split(" > ")[0])[1:]
    while hasattr(command, "commands"):
        command, words = command.commands[words[0]], words[1:]
    if words not in ([], ["--help"]):
        command.make_context(command.name, words)
