"""`argyro potential ...`: train, evaluate, grade, build-plugin."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from argyro.campaigns.cli.output import JsonFlag, console, print_json
from argyro.platform.common.errors import InputError

ACTIVE_SET_SUFFIX = ".active_set.txt"
Potential = Annotated[Path, typer.Argument(help="Potential (.mtp).", show_default=False)]
ActiveSetFile = Annotated[Path | None, typer.Option(help="Active set; default: the one beside the potential.")]
Structures = Annotated[list[Path], typer.Argument(help="Files in any format of ASE.", show_default=False)]


def _frames(files: list[Path]) -> list:
    from ase.io import read

    frames: list = []
    for file in files:
        try:
            frames += read(file, index=":")
        except Exception as error:  # ASE's readers raise whatever their format makes them
            raise InputError(f"{file} cannot be read as structures: {error}", given=str(file)) from error
    return frames


def _active_set(potential: Path, named: Path | None):
    """The active set named, or the one beside the potential."""
    from argyro.platform.potential.extrapolation.active_set import ActiveSet

    return ActiveSet.read(named or potential.with_suffix(ACTIVE_SET_SUFFIX))


def _species(text: str | None) -> tuple[str, ...] | None:
    return tuple(text.split(",")) if text else None


def train(
    structures: Structures,
    level: Annotated[int, typer.Option(help="Even, 2 to 26.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Potential to write.")],
    cutoff_A: Annotated[float, typer.Option("--cutoff-A", help="Cutoff radius.")] = 5.0,
    min_dist_A: Annotated[float, typer.Option("--min-dist-A", help="Least distance of the radial functions.")] = 1.6,
    start: Annotated[Path | None, typer.Option(help="Potential to start from; raised to --level if lower.")] = None,
    iterations: Annotated[int, typer.Option(help="At most.")] = 300,
    validation: Annotated[float, typer.Option(help="Share of the frames held out, for an early stop.")] = 0.0,
    seed: Annotated[int, typer.Option(help="Of the start and of what is held out.")] = 0,
    json_: JsonFlag = False,
) -> None:
    """Fit a moment tensor potential to labelled frames; its active set is written beside it."""
    import numpy as np
    from ase.data import atomic_numbers
    from rich.progress import Progress

    from argyro.platform.potential.extrapolation.active_set import ActiveSet
    from argyro.platform.potential.fitting.fit import TrainingOptions
    from argyro.platform.potential.fitting.fit import train as fit
    from argyro.platform.potential.mtp.model import MTP

    frames = _frames(structures)
    if start is None:
        found = {symbol for frame in frames for symbol in frame.get_chemical_symbols()}
        species = tuple(sorted(found, key=atomic_numbers.__getitem__))
        initial = MTP.untrained(species, level, cutoff_A, min_dist_A, seed=seed)
    else:
        read = MTP.read(start)
        initial = read.upconvert(level) if level > read.level else read
    order = np.random.default_rng(seed).permutation(len(frames))
    held = [frames[index] for index in order[: round(validation * len(frames))]]
    used = [frames[index] for index in sorted(order[len(held) :])]
    with Progress(console=console, transient=True, disable=json_ or not console.is_terminal) as bar:
        task = bar.add_task("iterations", total=iterations)
        options = TrainingOptions(max_iterations=iterations)
        result = fit(used, initial, options, held or None, progress=lambda *_: bar.advance(task))
    result.mtp.write(output)
    active_set = output.with_suffix(ACTIVE_SET_SUFFIX)
    ActiveSet.from_frames(result.mtp, used).write(active_set)
    document = {"potential": str(output), "frames": len(used), "held_out": len(held), **result.rmse}
    if json_:
        print_json(document)
    else:
        errors = ", ".join(f"{name} {value:.3g}" for name, value in result.rmse.items())
        console.print(f"written  {output}, active set {active_set}\ntraining errors: {errors}")


def evaluate(
    potential: Potential,
    structures: Structures,
    species: Annotated[str | None, typer.Option(help="Elements of a file that names none: Li,P,S,Cl.")] = None,
    grade: Annotated[bool, typer.Option("--grade", help="Add the largest extrapolation grade.")] = False,
    active_set: ActiveSetFile = None,
    json_: JsonFlag = False,
) -> None:
    """Energies, forces, stress and, with an active set, extrapolation grades of structures."""
    from argyro.platform.potential.mtp.model import MTP

    mtp = MTP.read(potential, _species(species))
    selected = _active_set(potential, active_set) if grade else None
    documents = []
    for frame in _frames(structures):
        evaluation = mtp.evaluate(frame)
        documents.append(
            {
                "energy_eV": float(evaluation.energy_eV),
                "forces_eV_A": evaluation.forces_eV_A.tolist(),
                "stress_eV_A3": evaluation.stress_eV_A3.tolist(),
                "grade": float(selected.grades(mtp, frame).max()) if selected else None,
            }
        )
    if json_:
        print_json({"frames": documents})
        return
    for number, document in enumerate(documents):
        largest = max(sum(x * x for x in force) ** 0.5 for force in document["forces_eV_A"])
        graded = "" if document["grade"] is None else f", grade {document['grade']:.3g}"
        console.print(f"{number}  {document['energy_eV']:.6f} eV, largest force {largest:.3g} eV/Å{graded}")


def grade(
    potential: Potential, structures: Structures, active_set: ActiveSetFile = None, json_: JsonFlag = False
) -> None:
    """Extrapolation grade of every atom; above 1 the potential extrapolates."""
    from argyro.platform.potential.mtp.model import MTP

    mtp, selected = MTP.read(potential), _active_set(potential, active_set)
    grades = [selected.grades(mtp, frame).tolist() for frame in _frames(structures)]
    if json_:
        print_json({"grades": grades})
        return
    for number, values in enumerate(grades):
        console.print(
            f"{number}  largest {max(values):.3g} at atom {values.index(max(values))}, of {len(values)} atoms"
        )


def build_plugin(
    lammps: Annotated[Path, typer.Option(help="Source folder of your LAMMPS, configured and built.")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Folder of the plugin.")] = None,
    json_: JsonFlag = False,
) -> None:
    """Build the pair style `mtp` for a LAMMPS of your own."""
    from argyro.platform.potential.native.lammps_build import build_plugin as build

    plugin = build(lammps, output)
    if json_:
        print_json({"plugin": str(plugin)})
    else:
        console.print(f"written  {plugin}; set LAMMPS_PLUGIN_PATH to its folder")


def register(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(help="Train, evaluate and grade moment tensor potentials.", no_args_is_help=True)
    group.command()(train)
    group.command()(evaluate)
    group.command()(grade)
    group.command("build-plugin")(build_plugin)
    app.add_typer(group, name="potential")
