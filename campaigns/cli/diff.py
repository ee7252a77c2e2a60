"""Command `argyro diff`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from argyro.campaigns.cli.output import JsonFlag, console, print_json

Side = Annotated[Path, typer.Argument(help="Campaign file, or folder of a campaign.", show_default=False)]


def diff(a: Side, b: Side, json_: JsonFlag = False) -> None:
    """Compare two campaigns: settings, items, and the conductivities of two folders."""
    from argyro.campaigns.results.compare import compared_results
    from argyro.campaigns.results.diff import campaign_diff, read_campaigns

    document = campaign_diff(*read_campaigns(a, b)) | {"results": compared_results(a, b)}
    print_json(document) if json_ else _print_diff(document, a, b)


def _print_diff(document: dict, a: Path, b: Path) -> None:
    if document["same"]:
        console.print(f"identical: {sum(stage['common'] for stage in document['stages'])} items")
    for row in document["settings"]:
        console.print(f"{row['path']}: {_change(row['a'], row['b'])}", markup=False, soft_wrap=True)
    table = Table("stage", "in common", f"only {a.name}", f"only {b.name}", box=None)
    for stage in document["stages"]:
        table.add_row(stage["name"], *(str(stage[column]) for column in ("common", "only_a", "only_b")))
    console.print(table)
    for cause in document["causes"]:
        words = f"{cause['items']} of {cause['stage']} changed by {cause['because']}"
        console.print(words, markup=False, soft_wrap=True)
    if document["results"]:
        console.print(_conductivities(document["results"], a, b))
    elif a.is_dir() and b.is_dir():
        console.print("no polycrystal is complete in both folders; argyro status lists what is missing")


def _conductivities(rows: list[dict], a: Path, b: Path) -> Table:
    """Tabulate the polycrystals of both folders."""
    from argyro.platform.common.estimate import in_words

    names = (f"σ {a.name} (mS/cm)", f"σ {b.name} (mS/cm)", f"{b.name} / {a.name}")
    table = Table("material", "boundary", "T (K)", "grains (nm)", *names, "95 % intervals", box=None)
    for row in rows:
        table.add_row(
            f"{row['composition']} {_disorder(row)} %",
            row["boundary"],
            f"{row['temperature_K']:g}",
            f"{row['grain_size_nm']:g}",
            in_words(row["a_mS_cm"]),
            in_words(row["b_mS_cm"]),
            f"{row['ratio']:.2g}",
            "overlap" if row["overlap"] else "apart",
        )
    return table


def _disorder(row: dict) -> str:
    both = (f"{100 * row[side]:g}" for side in ("disorder", "b_disorder"))
    return " → ".join(dict.fromkeys(both))


def _change(a: object, b: object) -> str:
    """Describe a change: ``50 → 100``, or the values removed from a list and added to it."""
    if isinstance(a, list) and isinstance(b, list) and not (set(map(str, a)) & set(map(str, b))):
        return ", ".join([f"without {_shown(value)}" for value in a] + [f"with {_shown(value)}" for value in b])
    return f"{_shown(a)} → {_shown(b)}"


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return " ".join(f"{name} {_shown(entry)}" for name, entry in value.items() if entry is not None)
    return "nothing" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
