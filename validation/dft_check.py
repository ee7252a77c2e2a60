"""Errors of references and potentials on frames labelled by GPAW.

python -m argyro.validation.dft_check predict NAME SOURCE [--python PYTHON] [--model MODEL]
python -m argyro.validation.dft_check predict NAME POTENTIAL.mtp [POTENTIAL.mtp ...]
python -m argyro.validation.dft_check draw COMPOSITION POTENTIAL.mtp --python PYTHON
python -m argyro.validation.dft_check bias

The first form evaluates a label source, the second evaluates moment tensor potentials on frames of their elements.
The predictions are stored in ``data/dft_predictions.npz``, so that the page does not need the sources. The first form
also relaxes Li6PS5Cl, Br and I and stores the error of the lattice constants in ``data/lattice_errors.json``.
The third form adds frames of MD with a potential to the substituted ones, labelled by GPAW in PYTHON.
The fourth form writes the bias table of the package from the stored numbers.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ase import Atoms
from ase.io import iread

from argyro.platform.common.estimate import Uncertain
from argyro.platform.labels.bias_table import write_table
from argyro.platform.labels.reference_bias import ALL, Bias, bias_rows, force_errors
from argyro.validation import figures
from argyro.validation.tables import Data, Section, interval

FOLDER = Path(__file__).with_name("data")
FRAMES, SUBSTITUTED = FOLDER / "dft_frames.extxyz", FOLDER / "dft_substituted.extxyz"
PREDICTIONS = FOLDER / "dft_predictions.npz"
LATTICE_ERRORS = FOLDER / "lattice_errors.json"
# Name of the stored predictions -> label source, model, version.
REFERENCES = {
    "DIEP 2.0": ("diep", "", "2.0.0"),
    "CHGNet 0.3.0": ("chgnet", "0.3.0", "0.4.2"),
    "SevenNet 7net-l3i5": ("sevennet", "7net-l3i5", "0.13.0"),
    "SevenNet 7net-0": ("sevennet", "7net-0", "0.13.0"),
}
DRAWN, DRAWN_STEPS, DRAWN_K, DRAWN_DISORDER, DRAWN_SEED = 3, 1000, 800.0, 0.25, 7  # frames of MD with a potential
SHIPPED = "MTP, reference"  # name of the stored predictions of the shipped potentials


@dataclass(frozen=True)
class Errors:
    """Errors of a source relative to DFT.

    Args:
        frames: number of frames.
        force_rmse_eV_A: root-mean-square error of the force components.
        slope: slope of the regression of the forces on the DFT forces through the origin, with interval over frames.
        energy_rmse_meV_atom: root-mean-square error without the mean difference of each composition.
        force_rms_eV_A: root-mean-square DFT force component.
    """

    frames: int
    force_rmse_eV_A: float
    slope: Uncertain
    energy_rmse_meV_atom: float
    force_rms_eV_A: float


def errors(
    frames: list[Atoms], energies_eV: np.ndarray, forces_eV_A: list[np.ndarray], element: str = "", seed: int = 0
) -> Errors:
    """Compare a source with the labels of the frames.

    Args:
        frames: frames with DFT energy and forces, and with ``info["composition"]``.
        energies_eV: (frames,) energies of the source.
        forces_eV_A: (atoms, 3) forces of the source, for each frame.
        element: element of the compared forces; all elements by default.
        seed: random seed of the bootstrap.
    """
    compared = force_errors(frames, forces_eV_A, element or ALL, seed)
    difference = np.array([e - frame.get_potential_energy() for e, frame in zip(energies_eV, frames, strict=True)])
    per_atom = difference / [len(frame) for frame in frames]
    compositions = np.array([frame.info["composition"] for frame in frames])
    for composition in set(compositions):
        per_atom[compositions == composition] -= per_atom[compositions == composition].mean()
    return Errors(
        frames=len(frames),
        force_rmse_eV_A=compared.rmse_eV_A,
        slope=compared.slope,
        energy_rmse_meV_atom=float(1e3 * np.sqrt(np.mean(per_atom**2))),
        force_rms_eV_A=compared.rms_eV_A,
    )


def _is_substituted(frame: Atoms) -> bool:
    return frame.info["composition"] not in ("Li6PS5Cl", "Li6PS5Br", "Li6PS5I")


KINDS: dict[str, tuple[Callable[[Atoms], bool], str]] = {
    "all": (lambda frame: True, ""),
    "all, forces on Li": (lambda frame: True, "Li"),
    "boundary": (lambda frame: frame.info["boundary"] != "bulk", ""),
    "substituted": (_is_substituted, ""),
    "substituted, forces on Li": (_is_substituted, "Li"),
}


def section(data: Data) -> Section:
    """Tabulate the errors of all stored sources by kind of frame."""
    frames = labelled_frames()
    rows, points = [], {}
    for name, kept in kept_answers().items():
        known = [frame for frame in frames if frame.info["frame"] in kept]
        rows += [row for kind in KINDS if (row := _row(name, kind, known, kept))]
        reference = np.concatenate([frame.get_forces() for frame in known]).ravel()
        points[name] = (reference, np.concatenate([kept[frame.info["frame"]][1] for frame in known]).ravel())
    if points:
        figures.parity(points, data.pictures / "dft.png")
    columns = ("source", "frames", "force RMSE, eV/Å", "slope", "energy RMSE, meV/atom")
    cut = sum(frame.info["boundary"] != "bulk" for frame in frames)
    rms = float(np.sqrt(np.mean(np.concatenate([frame.get_forces() for frame in frames]) ** 2)))
    substituted = sum(map(_is_substituted, frames))
    whole = len(frames) - cut - substituted
    slopes = [f"{name} {_lithium_slope(frames, kept)}" for name, kept in kept_answers().items()]
    values: dict[str, object] = {
        "frames": len(frames),
        "bulk": whole,
        "cut": cut,
        "substituted": substituted,
        "rms": rms,
    }
    values |= {"slopes": "; ".join(slopes), "compositions": ", ".join(_substituted_names(frames))}
    return data.section("dft", columns, rows, ["dft.png"] if points else [], **values)


def _lithium_slope(frames: list[Atoms], kept: dict) -> str:
    found = of_kept([frame for frame in frames if frame.info["frame"] in kept], kept, "Li")
    return f"{interval(found.slope, 3)}, {found.force_rmse_eV_A:.2f} eV/Å"


def _substituted_names(frames: list[Atoms]) -> list[str]:
    """Name the substituted compositions with their numbers of frames."""
    names = [frame.info["composition"] for frame in frames if _is_substituted(frame)]
    return [f"{name} ({names.count(name)})" for name in dict.fromkeys(names)]


def _row(name: str, kind: str, known: list[Atoms], kept: dict) -> list[str] | None:
    choose, element = KINDS[kind]
    chosen = [frame for frame in known if choose(frame)]
    if len(chosen) < 2:
        return None
    found = of_kept(chosen, kept, element)
    return [
        name if kind == "all" else "",
        kind,
        f"{found.force_rmse_eV_A:.3f}",
        interval(found.slope, 3),
        "" if element else f"{found.energy_rmse_meV_atom:.1f}",
    ]


def of_kept(frames: list[Atoms], kept: dict[str, tuple[float, np.ndarray]], element: str = "") -> Errors:
    """Compute the errors of stored predictions."""
    answers = [kept[frame.info["frame"]] for frame in frames]
    return errors(frames, np.array([energy for energy, _ in answers]), [forces for _, forces in answers], element)


def labelled_frames() -> list[Atoms]:
    """Read the frames with GPAW energies and forces: of Li6PS5Cl, Br and I, then of substituted crystals."""
    return [frame for file in (FRAMES, SUBSTITUTED) for frame in iread(file, index=":")]


def kept_answers() -> dict[str, dict[str, tuple[float, np.ndarray]]]:
    """Read stored predictions: source -> frame -> energy and forces."""
    kept: dict[str, dict[str, tuple[float, np.ndarray]]] = {}
    if PREDICTIONS.exists():
        with np.load(PREDICTIONS) as stored:
            for key in stored.files:
                source, frame = key.split("|")
                kept.setdefault(source, {})[frame] = (float(stored[key][0, 0]), stored[key][1:].astype(float))
    return kept


def keep(name: str, answers: dict[str, tuple[float, np.ndarray]]) -> None:
    """Store the predictions of a source; the first row is the energy, the other rows are the forces."""
    kept = kept_answers() | {name: answers}
    arrays = {
        f"{source}|{frame}": np.vstack([[energy, 0, 0], forces])
        for source, of_source in kept.items()
        for frame, (energy, forces) in of_source.items()
    }
    np.savez_compressed(PREDICTIONS, **arrays)  # type: ignore[arg-type]  # keys are array names


def kept_bias() -> list[Bias]:
    """Compute the rows of the bias table from stored predictions."""
    frames, rows = labelled_frames(), []
    lattice_percent = json.loads(LATTICE_ERRORS.read_text())
    for name, (reference, model, version) in REFERENCES.items():
        kept = kept_answers()[name]
        known = [frame for frame in frames if frame.info["frame"] in kept]
        forces = [kept[frame.info["frame"]][1] for frame in known]
        rows += bias_rows(known, forces, reference, version, "PBE", model, lattice_percent[name])
    return rows


def of_source(frames: list[Atoms], name: str, source: str, python: str | None, model: str | None) -> dict:
    """Label the frames with a source, and store the error of its lattice constants under its name."""
    from argyro.platform.labels.client import Labeller
    from argyro.platform.labels.labeller_calculator import LabellerCalculator
    from argyro.platform.labels.source import LabelSource
    from argyro.platform.structures.lattice_error import lattice_error_percent

    with Labeller(LabelSource(source, python=python, kwargs={"model": model} if model else {})) as labeller:
        labelled = labeller.label(frames)
        error_percent = round(lattice_error_percent(LabellerCalculator(labeller)), 2)
    errors = json.loads(LATTICE_ERRORS.read_text()) if LATTICE_ERRORS.exists() else {}
    LATTICE_ERRORS.write_text(json.dumps(errors | {name: error_percent}, indent=1) + "\n")
    return {frame.info["frame"]: (frame.get_potential_energy(), frame.get_forces()) for frame in labelled}


def of_potentials(frames: list[Atoms], files: list[Path]) -> dict:
    """Evaluate moment tensor potentials, each on the frames of its elements."""
    from argyro.platform.potential.mtp.model import MTP

    answers = {}
    for mtp in map(MTP.read, files):
        for frame in frames:
            if set(frame.get_chemical_symbols()) <= set(mtp.species):
                found = mtp.evaluate(frame)
                answers[frame.info["frame"]] = (found.energy_eV, found.forces_eV_A)
    return answers


def drawn_frames(composition: str, potential: Path) -> Iterator[Atoms]:
    """Draw frames from Langevin dynamics of a cell of 50 to 54 atoms with a potential; the atoms have moved apart.

    Args:
        composition: with `DRAWN_DISORDER` of the free anions exchanged.
        potential: file of a moment tensor potential.
    """
    from ase import units
    from ase.md.langevin import Langevin
    from ase.md.velocitydistribution import MaxwellBoltzmannDistribution

    from argyro.platform.potential.mtp.ase_calculator import MTPCalculator
    from argyro.platform.potential.mtp.model import MTP
    from argyro.platform.structures.crystal.bulk import build_bulk

    atoms = build_bulk(composition, DRAWN_DISORDER, (1, 1, 1), seed=DRAWN_SEED)
    atoms.calc = MTPCalculator(MTP.read(potential))
    rng = np.random.default_rng(DRAWN_SEED)
    MaxwellBoltzmannDistribution(atoms, temperature_K=DRAWN_K, rng=rng)
    friction = 0.01 / units.fs
    dynamics = Langevin(atoms, 2 * units.fs, temperature_K=DRAWN_K, friction=friction, rng=rng)
    for number in range(DRAWN):
        dynamics.run(DRAWN_STEPS)
        frame = Atoms(atoms.symbols, atoms.positions, cell=atoms.cell, pbc=True)
        frame.info = {
            "frame": f"{composition}/{100 * DRAWN_DISORDER:g}/bulk/mtp-{number}",
            "composition": composition,
            "disorder": DRAWN_DISORDER,
            "boundary": "bulk",
            "temperature_K": DRAWN_K,
        }
        yield frame


def draw(composition: str, potential: Path, python: str | None) -> None:
    """Label drawn frames with GPAW and add them to the file of substituted frames; those in it are left alone."""
    from ase.calculators.singlepoint import SinglePointCalculator
    from ase.io import write

    from argyro.platform.labels.client import Labeller
    from argyro.platform.labels.source import LabelSource

    there = {frame.info["frame"] for frame in labelled_frames()}
    frames = [frame for frame in drawn_frames(composition, potential) if frame.info["frame"] not in there]
    with Labeller(LabelSource("gpaw", python=python)) as labeller:
        for frame in frames:
            (labelled,) = labeller.label([frame])
            frame.calc = SinglePointCalculator(
                frame, energy=labelled.get_potential_energy(), forces=labelled.get_forces()
            )
            write(SUBSTITUTED, frame, append=True)


def main() -> None:
    """Store the predictions of a source or of potentials, add frames, or write the bias table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=["predict", "draw", "bias"])
    parser.add_argument("name", nargs="?", help="name of the predictions in the table, or composition to draw")
    parser.add_argument("source", nargs="*", help="label source, or potential files")
    parser.add_argument("--python", help="Python interpreter of the label source")
    parser.add_argument("--model", help="model of the label source")
    asked = parser.parse_args()
    if asked.mode == "bias":
        write_table(kept_bias())
        return
    if not asked.name or not asked.source:
        parser.error(f"{asked.mode} requires NAME and SOURCE")
    if asked.mode == "draw":
        draw(asked.name, Path(asked.source[0]), asked.python)
        return
    frames = labelled_frames()
    if asked.source[0].endswith(".mtp"):
        keep(asked.name, of_potentials(frames, [Path(file) for file in asked.source]))
    else:
        keep(asked.name, of_source(frames, asked.name, asked.source[0], asked.python, asked.model))


if __name__ == "__main__":
    main()
