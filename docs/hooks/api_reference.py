"""Pages of the API reference, made from the sources while the site is built; nothing is imported.

For each package one page: its modules with their public functions and classes, signatures and docstrings. A page in
docs/ that mkdocs.yml does not name goes to the end of the first section, so that it is reachable from the start.
"""

from __future__ import annotations

import ast
import html
import re
from collections.abc import Iterator
from pathlib import Path

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "structures": "platform/structures",
    "labels": "platform/labels",
    "potential": "platform/potential",
    "learning": "platform/learning",
    "dynamics": "platform/dynamics",
    "continuum": "platform/continuum",
    "surrogates": "surrogates",
    "campaigns": "campaigns",
}
SECTION = re.compile(r"^(Args|Attributes|Returns|Yields|Raises|Source):\s*(.*)$")
ENTRY = re.compile(r"^ {4}(\*{0,2}\w[\w., ]*?):\s(.*)$")
HEADINGS = {"Args": "Arguments", "Attributes": "Attributes"}


def on_config(config):
    """Add pages that the navigation does not name; called by mkdocs."""
    named = re.findall(r"[\w/-]+\.md", str(config.nav))
    (first,) = config.nav[0].values()
    first += sorted(file.name for file in (ROOT / "docs").glob("*.md") if file.name not in named)
    return config


def on_files(files: Files, config) -> Files:
    """Add the pages; called by mkdocs."""
    for name, folder in PACKAGES.items():
        files.append(File.generated(config, f"api/{name}.md", content=page(name, ROOT / folder)))
    return files


def page(name: str, folder: Path) -> str:
    """Markdown of a package's page."""
    prefix = ".".join(("argyro", *folder.relative_to(ROOT).parts))
    about = ast.get_docstring(ast.parse((folder / "__init__.py").read_text())) or ""
    parts = [f"# {name}", f"`{prefix}`", docstring(about)]
    for file in sorted(folder.rglob("*.py")):
        tree = ast.parse(file.read_text())
        members = list(_members(tree))
        if members:
            parts += [f"## {file.stem}", f"`{prefix}.{file.stem}`", docstring(ast.get_docstring(tree) or ""), *members]
    return "\n\n".join(part for part in parts if part)


def _members(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            text = ast.get_docstring(node)
            if text:
                yield f"### {node.name}\n\n```python\n{signature(node)}\n```\n\n{docstring(text)}"
                yield from _methods(node)


def _methods(node) -> Iterator[str]:
    """Public methods of a class, one line each with the first sentence."""
    if not isinstance(node, ast.ClassDef):
        return
    methods = [m for m in node.body if isinstance(m, ast.FunctionDef) and not m.name.startswith("_")]
    if methods:
        yield "**Methods**"
    for method in methods:
        first = (ast.get_docstring(method) or "").split("\n\n")[0].replace("\n", " ")
        yield f"- `{signature(method)}`  \n  {_text(first)}"


def signature(node: ast.FunctionDef | ast.ClassDef) -> str:
    """How a function is called, or a class with the fields it declares."""
    if isinstance(node, ast.ClassDef):
        bases = ", ".join(ast.unparse(base) for base in node.bases)
        fields = [f"    {ast.unparse(entry)}" for entry in node.body if isinstance(entry, ast.AnnAssign)]
        head = f"class {node.name}({bases})" if bases else f"class {node.name}"
        return "\n".join((f"{head}:", *fields)) if fields else head
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"{node.name}({ast.unparse(node.args)}){returns}"


def docstring(text: str) -> str:
    """Markdown of a docstring of Google's layout: its sections become headings, their entries lists."""
    lines: list[str] = []
    inside = False
    for line in text.splitlines():
        section, entry = SECTION.match(line), ENTRY.match(line)
        if section:
            inside = section[1] != "Source"
            lines += ["", f"**{HEADINGS.get(section[1], section[1])}** {_text(section[2])}", ""]
        elif inside and entry:
            lines.append(f"- `{entry[1]}`: {_text(entry[2])}")
        elif inside and line.startswith("        "):
            lines.append(f"  {_text(line.strip())}")
        elif line.startswith("    ") and not inside:
            lines.append(line)  # a formula or a listing
        else:
            lines.append(_text(line.strip()))
    return "\n".join(lines)


def _text(text: str) -> str:
    """Prose in which only `code` is markup."""
    pieces = re.split(r"(`+[^`]*`+)", text)
    return "".join(
        piece if piece.startswith("`") else re.sub(r"([*\[\]|])", r"\\\1", html.escape(piece, False))
        for piece in pieces
    )
