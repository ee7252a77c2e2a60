"""Add pages made from the code while the site is built: command line, campaign file, notebooks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

DOCS = Path(__file__).parents[1]
LIMITS = {
    "minimum": "≥ {}",
    "exclusiveMinimum": "> {}",
    "maximum": "≤ {}",
    "exclusiveMaximum": "< {}",
    "multipleOf": "multiple of {}",
    "minItems": "at least {} entries",
    "pattern": "`{}`",
}
COMMANDS_HEAD = """# Command line

Every command takes `--json` and prints one JSON document ([keys](../json.md)). Exit codes: 0 success, 2 a mistake in
the input (the message gives value, rule and repair), 1 any other failure. `argyro COMMAND --help` shows the same text.
"""
SETTINGS_HEAD = """# Campaign file

All settings of a campaign file, from `argyro schema`. Only `name`, `materials`, `temperatures_K` and `grain_sizes_nm`
have no default. Unknown keys are refused. `argyro template quickstart` prints a commented example, `argyro validate
FILE` checks one.
"""


def on_config(config):
    """Append pages that the navigation does not name to the how-to guides; called by mkdocs."""
    named = str(config.nav)
    (guides,) = (entry["How-to"] for entry in config.nav if "How-to" in entry)
    guides += sorted(file.name for file in DOCS.glob("*.md") if file.name not in named)
    return config


def on_files(files: Files, config) -> Files:
    """Add the pages; called by mkdocs."""
    for name, make in (("cli", commands_page), ("campaign-file", settings_page)):
        files.append(File.generated(config, f"reference/{name}.md", content=make()))
    for script in sorted((DOCS / "notebooks").glob("*.py")):
        page = notebook_page(script.read_text(encoding="utf-8"))
        files.append(File.generated(config, f"notebooks/{script.stem}.md", content=page))
    return files


def notebook_page(script: str) -> str:
    """Markdown of a notebook that is kept as a script in jupytext's percent format.

    Args:
        script: cells that begin with ``# %% [markdown]`` or ``# %%``.
    """
    parts = []
    for kind, text in re.findall(r"^# %%( \[markdown\])?\n(.*?)(?=^# %%|\Z)", script, flags=re.M | re.S):
        body = re.sub(r"^# ?", "", text, flags=re.M) if kind else f"```python\n{text.strip()}\n```\n"
        parts.append(body.strip() + "\n")
    return "\n".join(parts)


def commands_page() -> str:
    """Markdown of the command line reference."""
    import typer

    from argyro.campaigns.cli.main import app

    return COMMANDS_HEAD + "".join(_command("argyro", typer.main.get_command(app)))


def _command(path: str, command: Any) -> Iterator[str]:
    """One command with its parameters; of a group, its commands."""
    if hasattr(command, "commands"):
        for name, inner in command.commands.items():
            yield from _command(f"{path} {name}", inner)
        return
    yield f"\n## {path}\n\n{command.help}\n\n"
    parameters = [_parameter(parameter) for parameter in command.params if parameter.name != "json_"]
    yield _table(("option", "default", "meaning"), parameters) if parameters else ""


def _parameter(parameter: Any) -> tuple[str, ...]:
    option = parameter.param_type_name == "option"
    name = ", ".join(f"`{flag}`" for flag in parameter.opts) if option else f"`{parameter.name.upper()}`"
    shown = parameter.default not in (None, False, ()) and not callable(parameter.default)
    default = "required" if parameter.required else f"`{parameter.default}`" if shown else ""
    return name, default, parameter.help or ""


def settings_page() -> str:
    """Markdown of the campaign file's settings."""
    from argyro.campaigns.spec.schema import Campaign

    schema = Campaign.model_json_schema()
    parts = [SETTINGS_HEAD, "\n## Top level\n\n", _section(schema)]
    for name, section in schema["$defs"].items():
        if section.get("type") == "object":
            parts.append(f"\n## {name}\n\n{_one_line(section.get('description', ''))}\n\n{_section(section)}")
    return "".join(parts)


def _section(schema: dict) -> str:
    needed = schema.get("required", [])
    rows = (
        (f"`{key}`", _type(entry), _default(key, entry, needed), _limits(entry), entry.get("description", ""))
        for key, entry in schema.get("properties", {}).items()
    )
    return _table(("key", "type", "default", "accepted", "meaning"), rows)


def _type(entry: dict) -> str:
    """Type in words; another section by a link to it."""
    if "$ref" in entry:
        name = entry["$ref"].rsplit("/", 1)[-1]
        return f"[{name}](#{name.lower()})"
    if "enum" in entry:
        return ", ".join(f"`{value}`" for value in entry["enum"])
    for several in ("anyOf", "allOf"):
        if several in entry:
            return " or ".join(_type(one) for one in entry[several] if one.get("type") != "null")
    if entry.get("type") == "array":
        return f"list of {_type(entry['items'])}" if "items" in entry else "list"
    return entry.get("type", "")


def _default(key: str, entry: dict, needed: list[str]) -> str:
    if key in needed:
        return "required"
    return f"`{entry['default']}`" if entry.get("default") not in (None, {}, []) and "$ref" not in entry else ""


def _limits(entry: dict) -> str:
    inner = [entry, *entry.get("anyOf", []), *([entry["items"]] if isinstance(entry.get("items"), dict) else [])]
    return ", ".join(words.format(one[key]) for one in inner for key, words in LIMITS.items() if key in one)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _table(columns: tuple[str, ...], rows: Any) -> str:
    lines = [columns, ("---",) * len(columns), *rows]
    cells = ([_one_line(str(cell)).replace("|", "\\|") for cell in line] for line in lines)
    return "".join("| " + " | ".join(line) + " |\n" for line in cells)
