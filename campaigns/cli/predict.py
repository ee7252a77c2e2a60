"""Command `argyro predict`: predictions of the surrogate for one polycrystal, several, or a table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer
from rich.table import Table

from argyro.campaigns.cli.output import JsonFlag, console, errors, print_json
from argyro.campaigns.cli.output_files import require_file
from argyro.platform.common.errors import InputError

if TYPE_CHECKING:
    from ase import Atoms

    from argyro.surrogates.serving.predictor import Oracle

SurrogateOption = Annotated[
    str | None,
    typer.Option(
        help="Folder of a campaign or of a surrogate, or models:/NAME@champion; default: the bundled surrogate."
    ),
]
LISTED_ROWS = 20


def predict(
    formula: Annotated[
        str | None, typer.Argument(metavar="COMPOSITION", help="Composition, such as Li6PS5Cl0.5Br0.5.")
    ] = None,
    composition: Annotated[str | None, typer.Option(help="The same, as an option.")] = None,
    disorder: Annotated[
        float | None,
        typer.Option(help="Share of the halide that moved from 4a to 4c, 0 to 1; default: estimated."),
    ] = None,
    boundary: Annotated[
        list[str] | None,
        typer.Option(
            help='Grain boundary with its share of the area, NAME or NAME=SHARE such as "sigma5(001)[001]=0.3"; may be '
            "repeated; bulk for a single crystal; default: all trained ones in equal shares."
        ),
    ] = None,
    structure: Annotated[
        Path | None, typer.Option(help="Structure file of your own cell, in any format of ASE.")
    ] = None,
    temperature: Annotated[
        list[float] | None, typer.Option(help="Temperature in K; may be repeated; default 300.")
    ] = None,
    grain_size_nm: Annotated[
        list[float] | None, typer.Option(help="Grain size in nm; may be repeated; default 1000.")
    ] = None,
    surrogate: SurrogateOption = None,
    csv: Annotated[Path | None, typer.Option(help="CSV table of questions; replaces the options above.")] = None,
    out: Annotated[Path | None, typer.Option(help="Output CSV file of the answers to --csv.")] = None,
    json_: JsonFlag = False,
) -> None:
    """Predict diffusivities and conductivity with 95 % intervals from a trained surrogate."""
    from argyro.campaigns.results.find_surrogate import surrogate_folder
    from argyro.surrogates.serving.predictor import Oracle

    if formula is not None and composition is not None:
        message = f"the composition is given twice, {formula} and --composition {composition}; give it once"
        raise InputError(message)
    composition = formula or composition
    if (composition is not None or structure is not None) == (csv is not None):
        raise InputError(
            "give a composition (argyro predict Li6PS5Cl), a --structure, or a table by --csv IN.csv --out OUT.csv"
        )
    if (csv is None) != (out is None):
        raise InputError("--csv IN.csv and --out OUT.csv need each other; give both or neither")
    folder = surrogate_folder(surrogate)
    if csv is not None and out is not None:
        _answer_table(folder, csv, out, json_)
        return
    temperatures, sizes = temperature or [300.0], grain_size_nm or [1e3]
    cell = None if structure is None else _read(structure)
    boundaries = _require_answerable(composition, disorder, boundary, cell, temperatures, sizes)
    oracle = Oracle.load(folder)
    answers = oracle.answers(composition, disorder, boundaries, cell, temperatures, sizes)
    _print_answers(oracle, answers, json_)


def _require_answerable(
    composition: str | None,
    disorder: float | None,
    boundary: list[str] | None,
    cell: Atoms | None,
    temperatures: list[float],
    sizes: list[float],
) -> str | None:
    """Refuse invalid questions before a surrogate is loaded; return the boundaries as one text.

    Raises:
        InputError: a name, temperature or grain size is invalid.
    """
    from argyro.surrogates.data.descriptors import Identity
    from argyro.surrogates.serving.population import Population
    from argyro.surrogates.serving.predictor import require_grain_size, require_temperature

    if composition is not None and Path(composition).is_file():
        message = f"{composition} is a file, not a composition; give --structure {composition}"
        raise InputError(message)
    if cell is None and composition is not None:
        Identity.of(composition, disorder or 0.0)
    population = None if boundary is None else Population.of(boundary).label
    for kelvin in temperatures:
        require_temperature(kelvin)
    for size in sizes:
        require_grain_size(size)
    return population


def _read(path: Path) -> Atoms:
    """Read a cell from a file."""
    from ase.io import read

    try:
        return cast("Atoms", read(path))
    except Exception as error:  # ASE's readers raise many classes
        accepted = "an extended xyz, CIF, POSCAR, or another format of ASE"
        raise InputError(f"{path} cannot be read as a structure ({error}); give {accepted}") from error


def _print_answers(oracle: Oracle, answers: list[dict], json_: bool) -> None:
    from argyro.platform.common.estimate import in_words
    from argyro.surrogates.serving.provenance import origin, origin_lines

    source = origin(oracle.surrogate)
    if json_:
        print_json({**answers[0], "origin": source} if len(answers) == 1 else {"answers": answers, "origin": source})
        return
    first = answers[0]
    barrier, disorder = in_words(first["activation_energy_eV"]), first["disorder"]
    low, high = (f"{100 * disorder[end]:.2g}" for end in ("low", "high"))
    limits = "" if low == high else f"{low} to {high}, "
    material = f"{first['composition']}, disorder {100 * disorder['value']:.3g} % ({limits}{disorder['origin']})"
    console.print(f"{material}, {_in_shares(first)}", style="bold", markup=False, soft_wrap=True)
    console.print(f"Ea of the bulk {barrier} eV; values with 95 % intervals that include the bias of the reference")
    if first["width_nm"] is not None and first["boundary_parallel_cm2_s"] is not None:
        console.print(f"boundary diffusivities refer to a width of {first['width_nm']:g} nm")
    console.print(_ions(answers))
    console.print(_polycrystals(answers))
    for line in (*_known(first, source["label_source"]), _dominant(first)):
        console.print(line, markup=False)
    for warning in dict.fromkeys(text for answer in answers for text in answer["warnings"]):
        console.print(f"outside the training data: {warning}", style="yellow", markup=False)
    for note in dict.fromkeys(text for answer in answers for text in answer["notes"]):
        console.print(f"note: {note}", markup=False)
    for number, line in enumerate(origin_lines(source)):
        console.print(f"{'from' if number == 0 else '    '}  {line}", style="dim", markup=False)


def _in_shares(answer: dict) -> str:
    """Name the boundaries; equal shares are stated once."""
    shares = answer["boundaries"]
    if len(shares) < 2 or len(set(shares.values())) > 1:
        return answer["boundary"]
    return f"{100 / len(shares):.3g} % each of {', '.join(shares)}"


def _ions(answers: list[dict]) -> Table:
    """Tabulate the diffusivities of grain and boundary, one row per temperature."""
    from argyro.platform.common.estimate import in_words

    names = {"bulk_cm2_s": "D bulk", "boundary_parallel_cm2_s": "D along", "boundary_perpendicular_cm2_s": "D across"}
    shown = [key for key in names if answers[0][key] is not None]
    table = _table("T (K)", *(f"{names[key]} (cm²/s)" for key in shown))
    for answer in {answer["temperature_K"]: answer for answer in answers}.values():
        table.add_row(f"{answer['temperature_K']:g}", *(in_words(answer[key]) for key in shown))
    return table


def _polycrystals(answers: list[dict]) -> Table:
    """Tabulate the polycrystal, one row per temperature and grain size."""
    from argyro.platform.common.estimate import in_words, limits_in_words

    table = _table("T (K)", "grains (nm)", "D effective (cm²/s)", "σ (mS/cm)", "given this reference")
    for answer in answers:
        sigma = answer["conductivity_mS_cm"]
        given = limits_in_words(sigma.get("given_reference", sigma))
        numbers = (in_words(answer["effective_cm2_s"]), in_words(sigma), given)
        table.add_row(f"{answer['temperature_K']:g}", f"{answer['grain_size_nm']:g}", *numbers)
    return table


def _known(answer: dict, label_source: str) -> Iterator[str]:
    """Write published conductivities, and the factor by which the reference is off."""
    from argyro.platform.common.estimate import in_words, significant
    from argyro.platform.labels.bias_table import reference_words

    for name in ("experiment", "theory"):
        found = answer["published"][f"{name}_mS_cm"]
        values = [value for value in answer["published"]["values"] if (value["kind"] == "theory") == (name == "theory")]
        if found:
            spread = " to ".join(dict.fromkeys(significant(found[end], 2) for end in ("low", "high")))
            kelvin = f"{min(v['temperature_K'] for v in values):g} K"
            sources = ", ".join(dict.fromkeys(f"doi:{value['doi']}" for value in values))
            yield f"{name}: {spread} mS/cm at {kelvin} ({len(values)} values; {sources})"
        elif name == "experiment":
            yield f"experiment: no published value of {answer['composition']} at hand"
    factor = answer["reference_factor"]
    if factor["low"] != factor["high"]:
        name = reference_words(label_source)
        yield f"D from the reference {name} is too high by a factor of {in_words(factor, 2)}"
    free = answer["without_meyer_neldel"]
    if free:
        sigma, barrier = (in_words(free[key], 2) for key in ("conductivity_mS_cm", "activation_energy_eV"))
        yield f"without the Meyer-Neldel prior: σ {sigma} mS/cm, Ea {barrier} eV"
    haven = answer["haven_ratio"]
    yield f"Haven ratio {in_words(haven, 2)}, {haven['origin']}"


def _dominant(answer: dict) -> str:
    """Write the sources of at least 1 % of the uncertainty of the conductivity as a small bar each."""
    found = {name: share for name, share in answer["uncertainty_shares"].items() if share >= 0.01}
    shares = sorted(found.items(), key=lambda item: -item[1])
    parts = (f"{name.replace('_', ' ')} {100 * share:.0f} % {'█' * round(10 * share)}" for name, share in shares)
    return "uncertainty of σ from: " + ", ".join(part.strip() for part in parts)


def _table(*columns: str) -> Table:
    table = Table(box=None)
    for column in columns:
        table.add_column(column, no_wrap=True)
    return table


def _answer_table(folder: Path, source: Path, destination: Path, json_: bool) -> None:
    from argyro.surrogates.serving.csv_batch import answer_csv
    from argyro.surrogates.serving.csv_tables import read_questions, require_destination
    from argyro.surrogates.serving.predictor import Oracle

    require_file(destination, "--out")
    require_destination(source, destination)
    read_questions(source)  # refuses an invalid file before the surrogate is loaded
    answered, bad = answer_csv(Oracle.load(folder), source, destination)
    if json_:
        rows = [{"row": row.row, "message": row.message} for row in bad]
        print_json({"answered": answered, "bad": rows, "out": str(destination)})
    else:
        console.print(f"written  {destination}, {answered} of {answered + len(bad)} rows answered")
        for row in bad[:LISTED_ROWS]:
            errors.print(f"row {row.row}: {row.message}", style="yellow", markup=False, soft_wrap=True)
        if len(bad) > LISTED_ROWS:
            errors.print(f"and {len(bad) - LISTED_ROWS} more; --json lists all", style="yellow")
    if not answered:
        raise typer.Exit(2)
