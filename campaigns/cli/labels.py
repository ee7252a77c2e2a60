"""`argyro labels ...`: install a reference's own environment, check a reference."""

from __future__ import annotations

from typing import Annotated

import typer

from argyro.campaigns.cli.output import JsonFlag, console, print_json


def install(
    source: Annotated[str, typer.Argument(help="sevennet or gpaw.", show_default=False)], json_: JsonFlag = False
) -> None:
    """Make the environment of a reference that cannot live in the main one."""
    from argyro.platform.labels.environments import install as make

    python = make(source, progress=None if json_ else console.print)
    if json_:
        print_json({"source": source, "python": str(python)})
    else:
        console.print(f"ready; in the campaign file:\nlabels: {{source: {source}, python: {python}}}")


def check(
    source: Annotated[str, typer.Argument(help="Reference to try.")] = "diep",
    python: Annotated[str | None, typer.Option(help="Interpreter of its environment.")] = None,
    composition: Annotated[str, typer.Option(help="Cell to label.")] = "Li6PS5Cl",
    json_: JsonFlag = False,
) -> None:
    """Label one cell; compare forces and stress with finite differences of the energy, and tell the time."""
    from argyro.platform.labels.check import check_source
    from argyro.platform.labels.client import Labeller
    from argyro.platform.labels.source import LabelSource
    from argyro.platform.structures.crystal.bulk import build_bulk

    atoms = build_bulk(composition)
    atoms.rattle(0.05, seed=0)
    with Labeller(LabelSource(source, python=python)) as labeller:
        result = check_source(labeller, atoms)
    document = result.to_json()
    if json_:
        print_json(document)
    else:
        for name, value in document.items():
            console.print(f"{name:<24} {value:.3g}" if isinstance(value, float) else f"{name:<24} {value}")


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="Install and check references for energies and forces.", no_args_is_help=True)
    group.command()(install)
    group.command()(check)
    app.add_typer(group, name="labels")
