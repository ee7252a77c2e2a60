"""Commands `argyro labels ...`: install, check and benchmark label references."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from argyro.campaigns.cli.output import JsonFlag, console, print_json
from argyro.campaigns.cli.prepare import OutsideFlag, TrustFlag
from argyro.platform.common.errors import InputError
from argyro.platform.labels.references import RECIPES

if TYPE_CHECKING:
    from argyro.platform.labels.source import LabelSource

group = typer.Typer(help="Install, check and compare label references for energies and forces.", no_args_is_help=True)


@group.command()
def install(
    source: Annotated[str, typer.Argument(help=f"{' or '.join(RECIPES)}.", show_default=False)], json_: JsonFlag = False
) -> None:
    """Create the separate environment of a label reference."""
    from argyro.campaigns.spec.consent import remember_interpreter
    from argyro.platform.labels.environments import install as make

    python = make(source, progress=None if json_ else console.print)
    remember_interpreter(python)
    if json_:
        print_json({"source": source, "python": str(python)})
    else:
        console.print(f"ready; in the campaign file:\nlabels: {{source: {source}, python: {python}}}")


@group.command()
def check(
    source: Annotated[
        str, typer.Argument(help="Reference to check, or a campaign file for its own settings.")
    ] = "diep",
    python: Annotated[str | None, typer.Option(help="Interpreter of its environment.")] = None,
    composition: Annotated[
        str | None, typer.Option(help="Composition of the labelled cell; default: the campaign's first, or Li6PS5Cl.")
    ] = None,
    outside: OutsideFlag = False,
    trust: TrustFlag = False,
    json_: JsonFlag = False,
) -> None:
    """Label one cell, compare forces and stress with finite differences of the energy, and measure the time."""
    from argyro.platform.labels.check import check_source
    from argyro.platform.labels.client import Labeller
    from argyro.platform.labels.source import LabelSource
    from argyro.platform.structures.crystal.bulk import build_bulk

    if source.endswith((".yaml", ".yml")):
        reference, found = _of_campaign(Path(source), python, outside, trust)
    else:
        reference, found = LabelSource(source, python=python), "Li6PS5Cl"
    atoms = build_bulk(composition or found)
    atoms.rattle(0.05, seed=0)
    with Labeller(reference) as labeller:
        result = check_source(labeller, atoms)
    document = result.to_json()
    if json_:
        print_json(document)
    else:
        for name, value in document.items():
            console.print(f"{name:<24} {value:.3g}" if isinstance(value, float) else f"{name:<24} {value}")


def _of_campaign(spec: Path, python: str | None, outside: bool, trust: bool) -> tuple[LabelSource, str]:
    """Return the reference of a campaign and the composition of its first material."""
    from argyro.campaigns.spec.consent import require_consent
    from argyro.campaigns.spec.label_source import reference
    from argyro.campaigns.spec.load import load_campaign

    if python is not None:
        raise InputError(f"--python does not go with a campaign file; set labels.python in {spec}")
    campaign = load_campaign(spec, outside=outside or trust)
    require_consent(campaign, str(spec), trust=trust, run=True)
    return reference(campaign.labels.model_dump(mode="json")), campaign.materials[0].composition


@group.command()
def bias(
    source: Annotated[str, typer.Argument(help="Reference to compare with DFT.", show_default=False)],
    frames: Annotated[Path, typer.Argument(help="Frames with DFT energies and forces, extended xyz.", exists=True)],
    python: Annotated[str | None, typer.Option(help="Interpreter of its environment.")] = None,
    model: Annotated[str | None, typer.Option(help="Model of the reference.")] = None,
    functional: Annotated[str, typer.Option(help="Functional of the DFT frames, recorded in the output.")] = "PBE",
    lattice: Annotated[
        bool, typer.Option(help="Also relax ordered Li6PS5Cl, Br and I and compare lattice constants.")
    ] = False,
    json_: JsonFlag = False,
) -> None:
    """Compare forces of a reference with those of DFT frames, per element."""
    from argyro.platform.labels.client import Labeller
    from argyro.platform.labels.labeller_calculator import LabellerCalculator
    from argyro.platform.labels.reference_bias import measure_bias, read_dft_frames
    from argyro.platform.labels.source import LabelSource
    from argyro.platform.structures.lattice_error import lattice_error_percent

    labelled = read_dft_frames(frames)
    kwargs = {"model": model} if model else {}
    with Labeller(LabelSource(source, python=python, kwargs=kwargs)) as labeller:
        error_percent = round(lattice_error_percent(LabellerCalculator(labeller)), 2) if lattice else None
        rows = measure_bias(labeller, labelled, functional, error_percent)
    if json_:
        print_json({"bias": [row.to_json() for row in rows]})
        return
    console.print(f"{'element':<8} {'slope (95 %)':<22} {'RMSE, eV/Å':<11} frames")
    for row in rows:
        interval = f"{row.slope:.3f} ({row.slope_low:.3f} to {row.slope_high:.3f})"
        console.print(f"{row.element:<8} {interval:<22} {row.rmse_eV_A:<11.3f} {row.frames}")
    if rows[0].lattice_error_percent is not None:
        console.print(f"lattice constants: {rows[0].lattice_error_percent:+.2f} % of the neutron values")
