"""Commands `argyro potential ...`: train, evaluate, grade, convert, build-plugin."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from argyro.campaigns.cli.output import JsonFlag, console, print_json
from argyro.campaigns.cli.output_files import require_file, require_folder
from argyro.platform.common.errors import InputError

if TYPE_CHECKING:
    from ase import Atoms

    from argyro.platform.potential.extrapolation.active_set import ActiveSet
    from argyro.platform.potential.frames.structure_files import StructureSet
    from argyro.platform.potential.mtp.model import MTP

group = typer.Typer(help="Train, evaluate and grade moment tensor potentials.", no_args_is_help=True)

ACTIVE_SET_SUFFIX = ".active_set.txt"
Potential = Annotated[Path, typer.Argument(help="Potential (.mtp).", show_default=False)]
ActiveSetFile = Annotated[Path | None, typer.Option(help="Active set; default: in the potential's folder.")]
Structures = Annotated[
    list[Path],
    typer.Argument(help="extxyz, CIF, OUTCAR, vasprun.xml, ML_AB, MLIP .cfg, .traj, .db, ...", show_default=False),
]
Species = Annotated[
    str | None, typer.Option(help="Elements in the order of a potential or .cfg file without names: Li,P,S,Cl.")
]
EnergyKey = Annotated[str | None, typer.Option(help="Key of the energy in the files, such as REF_energy.")]
ForcesKey = Annotated[str | None, typer.Option(help="Key of the forces.")]
StressKey = Annotated[str | None, typer.Option(help="Key of the stress or virial; none: ignore it.")]


def species_of(text: str | None) -> tuple[str, ...] | None:
    """Split a list of symbols such as Li,P,S,Cl."""
    return tuple(word.strip() for word in text.split(",")) if text else None


def _active_set(potential: Path, named: Path | None) -> ActiveSet:
    """Read the given active set, or the one in the potential's folder."""
    from argyro.platform.potential.extrapolation.active_set import ActiveSet

    return ActiveSet.read(named or potential.with_suffix(ACTIVE_SET_SUFFIX))


def _labelled(files: list[Path], species: tuple[str, ...] | None, keys: tuple[str | None, ...]) -> StructureSet:
    """Read labelled frames; keep converged ones without repetitions."""
    from argyro.platform.potential.fitting.training_frames import require_labels, without_repeats
    from argyro.platform.potential.frames.label_keys import LabelKeys
    from argyro.platform.potential.frames.structure_files import read_structures

    found = read_structures(files, species, LabelKeys(*keys))
    if not found.frames:
        raise InputError("there are no frames to train on: " + "; ".join(found.notes))
    for name, frame in zip(found.names, found.frames, strict=True):
        require_labels(name, frame)
    kept = without_repeats(found.frames, found.names)
    if repeats := len(found.frames) - len(kept):
        found.left_out["duplicates"] = repeats
        found.notes.append(f"{repeats} of {len(found.frames)} frames are ignored: they repeat earlier ones")
    found.frames, found.names = [found.frames[i] for i in kept], [found.names[i] for i in kept]
    return found


@contextmanager
def _naming(frame: str) -> Iterator[None]:
    """Prefix an error with the name of its frame."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{frame}: {error}") from error


def _show(notes: list[str]) -> None:
    for note in notes:
        console.print(f"note: {note}", style="yellow", markup=False, soft_wrap=True)


@group.command()
def train(
    structures: Structures,
    level: Annotated[int, typer.Option(help="Level of the potential: even, 2 to 26.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Output file of the potential.")],
    cutoff_A: Annotated[float, typer.Option("--cutoff-A", help="Cutoff radius in Å.")] = 5.0,
    min_dist_A: Annotated[
        float, typer.Option("--min-dist-A", help="Least distance of the radial functions in Å.")
    ] = 1.6,
    start: Annotated[Path | None, typer.Option(help="Initial potential; raised to --level if lower.")] = None,
    species: Species = None,
    energy_key: EnergyKey = None,
    forces_key: ForcesKey = None,
    stress_key: StressKey = None,
    iterations: Annotated[int, typer.Option(min=1, help="Largest number of iterations.")] = 300,
    validation: Annotated[
        float, typer.Option(min=0.0, max=0.9, help="Share of validation frames for early stopping.")
    ] = 0.0,
    seed: Annotated[int, typer.Option(help="Random seed of the initial coefficients and the validation frames.")] = 0,
    json_: JsonFlag = False,
) -> None:
    """Fit a moment tensor potential to labelled frames; write it and its active set into one folder."""
    import numpy as np
    from rich.progress import Progress

    from argyro.platform.potential.extrapolation.active_set import ActiveSet
    from argyro.platform.potential.fitting.fit import train as fit
    from argyro.platform.potential.fitting.label_units import require_consistent_units, require_small_stress_error
    from argyro.platform.potential.fitting.options import TrainingOptions
    from argyro.platform.potential.mtp.model import MTP

    require_file(output, "--output")
    require_file(output.with_suffix(ACTIVE_SET_SUFFIX), "--output")
    started = MTP.read(start, species_of(species)) if start else None
    named = started.species if started else species_of(species)
    found = _labelled(structures, named, (energy_key, forces_key, stress_key))
    if started is None:
        initial = MTP.untrained(_elements(found.frames), level, cutoff_A, min_dist_A, seed=seed)
    else:
        initial = started.upconvert(level) if level > started.level else started
    for name, frame in zip(found.names, found.frames, strict=True):
        with _naming(name):
            initial.frame(frame)
    require_consistent_units(found.frames, initial)
    order = np.random.default_rng(seed).permutation(len(found.frames))
    held = [found.frames[index] for index in order[: round(validation * len(found.frames))]]
    used = [found.frames[index] for index in sorted(order[len(held) :])]
    with Progress(console=console, transient=True, disable=json_ or not console.is_terminal) as bar:
        task = bar.add_task("iterations", total=iterations)
        options = TrainingOptions(max_iterations=iterations)
        result = fit(used, initial, options, held or None, progress=lambda *_: bar.advance(task))
    require_small_stress_error(result.rmse.get("stress_GPa"))
    result.mtp.write(output)
    active_set = output.with_suffix(ACTIVE_SET_SUFFIX)
    ActiveSet.from_frames(result.mtp, used).write(active_set)
    document = {
        "potential": str(output),
        "frames": len(used),
        "held_out": len(held),
        **result.rmse,
        **result.validation,
    }
    if validation and not held:
        found.notes.append(f"{100 * validation:g} % of {len(used)} frames is no frame: raise --validation")
    if json_:
        print_json({**document, "left_out": found.left_out, "notes": found.notes})
        return
    _show(found.notes)
    console.print(f"written  {output}, active set {active_set}")
    console.print(f"training errors of {len(used)} frames: {_errors(result.rmse)}")
    if held:
        console.print(f"validation errors of {len(held)} frames: {_errors(result.validation)}")


def _errors(rmse: dict[str, float]) -> str:
    return ", ".join(f"{name.removeprefix('validation_')} {value:.3g}" for name, value in rmse.items())


def _elements(frames: list[Atoms]) -> tuple[str, ...]:
    from ase.data import atomic_numbers

    found = {symbol for frame in frames for symbol in frame.get_chemical_symbols()}
    return tuple(sorted(found, key=atomic_numbers.__getitem__))


def _evaluated(name: str, frame: Atoms, mtp: MTP, active_set: ActiveSet | None) -> dict:
    """Evaluate one frame; an undefined stress is null."""
    with _naming(name):
        evaluation = mtp.evaluate(frame)
        grade = float(active_set.grades(mtp, frame).max()) if active_set else None
    return {
        "energy_eV": evaluation.energy_eV,
        "forces_eV_A": evaluation.forces_eV_A.tolist(),
        "stress_eV_A3": evaluation.stress_eV_A3.tolist() if all(frame.pbc) else None,
        "grade": grade,
    }


@group.command()
def evaluate(
    potential: Potential,
    structures: Structures,
    species: Species = None,
    grade: Annotated[bool, typer.Option("--grade", help="Add the largest extrapolation grade.")] = False,
    active_set: ActiveSetFile = None,
    json_: JsonFlag = False,
) -> None:
    """Evaluate energies, forces, stress and, with an active set, extrapolation grades of structures."""
    from argyro.platform.potential.frames.structure_files import read_structures
    from argyro.platform.potential.mtp.model import MTP

    mtp = MTP.read(potential, species_of(species))
    selected = _active_set(potential, active_set) if grade else None
    found = read_structures(structures, mtp.species)
    documents = [_evaluated(*named, mtp, selected) for named in zip(found.names, found.frames, strict=True)]
    if json_:
        print_json({"frames": documents, "notes": found.notes})
        return
    _show(found.notes)
    for number, document in enumerate(documents):
        largest = max(sum(x * x for x in force) ** 0.5 for force in document["forces_eV_A"])
        graded = "" if document["grade"] is None else f", grade {document['grade']:.3g}"
        console.print(f"{number}  {document['energy_eV']:.6f} eV, largest force {largest:.3g} eV/Å{graded}")


@group.command()
def grade(
    potential: Potential,
    structures: Structures,
    species: Species = None,
    active_set: ActiveSetFile = None,
    json_: JsonFlag = False,
) -> None:
    """Compute the extrapolation grade of every atom; above 1 the potential extrapolates."""
    from argyro.platform.potential.frames.structure_files import read_structures
    from argyro.platform.potential.mtp.model import MTP

    mtp, selected = MTP.read(potential, species_of(species)), _active_set(potential, active_set)
    found = read_structures(structures, mtp.species)
    grades = []
    for name, frame in zip(found.names, found.frames, strict=True):
        with _naming(name):
            grades.append(selected.grades(mtp, frame).tolist())
    if json_:
        print_json({"grades": grades, "notes": found.notes})
        return
    _show(found.notes)
    for number, values in enumerate(grades):
        console.print(
            f"{number}  largest {max(values):.3g} at atom {values.index(max(values))}, of {len(values)} atoms"
        )


@group.command()
def convert(
    structures: Structures,
    output: Annotated[Path, typer.Option("-o", "--output", help="Output file: .cfg (MLIP) or .extxyz.")],
    species: Species = None,
    energy_key: EnergyKey = None,
    forces_key: ForcesKey = None,
    stress_key: StressKey = None,
    json_: JsonFlag = False,
) -> None:
    """Convert labelled frames of any format to one MLIP .cfg or extxyz file in eV, eV/Å and eV/Å³."""
    from ase.io import write

    from argyro.platform.potential.frames.mlip_cfg import write_cfg

    require_file(output, "--output", (".cfg", ".extxyz", ".xyz"))
    found = _labelled(structures, species_of(species), (energy_key, forces_key, stress_key))
    order = species_of(species) or _elements(found.frames)
    if output.suffix == ".cfg":
        write_cfg(output, found.frames, order)
    else:
        write(output, found.frames, format="extxyz")
    document = {"output": str(output), "frames": len(found.frames), "species": list(order)}
    if json_:
        print_json({**document, "left_out": found.left_out, "notes": found.notes})
        return
    _show(found.notes)
    console.print(f"written  {output}, {len(found.frames)} frames, species {','.join(order)}")


@group.command("build-plugin")
def build_plugin(
    lammps: Annotated[Path, typer.Option(help="Source folder of a configured and built LAMMPS.")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Output folder of the plugin.")] = None,
    json_: JsonFlag = False,
) -> None:
    """Build the pair style `mtp` as a plugin of your LAMMPS."""
    from argyro.platform.potential.native.lammps_build import build_plugin as build

    require_folder(output, "--output")

    plugin = build(lammps, output)
    if json_:
        print_json({"plugin": str(plugin)})
    else:
        console.print(f"written  {plugin}; set LAMMPS_PLUGIN_PATH to its folder")
