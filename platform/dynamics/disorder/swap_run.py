"""Hybrid Monte Carlo of the anion sites: LAMMPS exchanges elements of two sites between short stretches of MD.

An exchange is accepted with probability min(1, e^(-ΔE / kT)), so that the run samples the equilibrium of sites, Li and
vibrations together.

Source: LAMMPS, ``fix atom/swap``; Sadigh et al., Phys. Rev. B 85, 184203 (2012).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
from ase import Atoms

from argyro.platform.common.errors import InputError
from argyro.platform.common.estimate import Uncertain
from argyro.platform.common.ions import CHALCOGENS, HALIDES
from argyro.platform.dynamics.disorder.anion_sites import AnionSites
from argyro.platform.dynamics.md import lammps_input
from argyro.platform.dynamics.md.canonical_check import independent_stride
from argyro.platform.dynamics.md.lammps_stage import Stage
from argyro.platform.dynamics.md.settings import MDSettings
from argyro.platform.structures.crystal.composition import Composition

DISCARDED = 0.25  # share of the samples in which the sites settle
FREE_SITES, CORNER = ("4a", "4c"), "16e"


@dataclass(frozen=True)
class SwapSettings:
    """Plan of a hybrid Monte Carlo run.

    Args:
        attempts: attempted exchanges of every pair of elements between two stretches of MD.
        stretch_steps: MD steps of a stretch.
        stretches: number of stretches.
    """

    attempts: int = 10
    stretch_steps: int = 10
    stretches: int = 1000

    @property
    def steps(self) -> int:
        """MD steps of the whole run."""
        return self.stretch_steps * self.stretches


@dataclass(frozen=True)
class SwapResult:
    """Sites sampled by a hybrid Monte Carlo run.

    Args:
        disorder: mean and 95 % interval from independent samples.
        acceptance: accepted exchanges over attempted ones.
        series: (samples,) disorder of each stretch.
    """

    disorder: Uncertain
    acceptance: float
    series: np.ndarray


def sample_sites(
    atoms: Atoms, pair_commands: list[str], settings: MDSettings, swaps: SwapSettings, folder: Path
) -> SwapResult:
    """Run hybrid Monte Carlo of a bulk cell; an interrupted call continues.

    Args:
        atoms: cell with the array ``site`` of the builders.
        pair_commands: LAMMPS lines of the potential.
        settings: temperature, time step and seed.
        swaps: plan of the run.
        folder: of this run alone.

    Raises:
        InputError: the cell has no pair of elements to exchange.
        PotentialFailedError: the run lost atoms, broke a tetrahedron, or fell into an untrained region.
    """
    stage = Stage(atoms, settings, folder, pair_commands, None, swaps.steps)
    if not stage.done:
        newest = next(iter(stage.restarts()), None)
        if newest is None:
            lammps_input.write_structure(atoms, folder / "structure.data")
        stage.execute(swap_script(atoms, settings, swaps, pair_commands, newest), newest)
    series = disorder_series(atoms, folder / "sites.dump")
    rows = stage.rows()
    return SwapResult(mean_of(series), _acceptance(rows), series)


def exchanges(atoms: Atoms) -> list[tuple[str, tuple[str, str]]]:
    """List the exchanges of a cell: (free or chalcogen sites, pair of elements).

    Raises:
        InputError: all free anions are alike.
    """
    symbols, site = np.array(atoms.get_chemical_symbols()), atoms.arrays["site"]
    free = [e for e in (*HALIDES, *CHALCOGENS) if np.any((symbols == e) & np.isin(site, FREE_SITES))]
    found = [("free", pair) for pair in combinations(free, 2) if set(pair) != set(CHALCOGENS)]
    if all(np.any(symbols == element) for element in CHALCOGENS):
        found.append(("chalcogens", CHALCOGENS))
    if not found:
        raise InputError(
            f"the free anions of {atoms.symbols} are alike, so none can exchange; give a cell with halides and "
            "chalcogens"
        )
    return found


def swap_script(
    atoms: Atoms, settings: MDSettings, swaps: SwapSettings, pair_commands: Sequence[str], restart: Path | None
) -> str:
    """Return the LAMMPS script of a hybrid Monte Carlo run at constant pressure.

    Groups belong to atoms, and an exchange changes the elements of two atoms, so that free sites keep their atoms.
    """
    types = lammps_input.species_order(atoms)
    site = atoms.arrays["site"]
    free = np.flatnonzero(np.isin(site, FREE_SITES)) + 1
    anions = np.flatnonzero(np.isin(site, (*FREE_SITES, CORNER))) + 1
    lines = [
        *lammps_input.start_of_run(atoms, settings, pair_commands, restart),
        f"group free id {' '.join(map(str, free))}",
        f"group chalcogens_or_free id {' '.join(map(str, anions))}",
        f"fix integrate all npt temp {settings.temperature_K} {settings.temperature_K} {lammps_input.THERMOSTAT_PS} "
        f"iso 0 0 {lammps_input.BAROSTAT_PS}",
    ]
    counts = []
    for number, (where, pair) in enumerate(exchanges(atoms)):
        group = "free" if where == "free" else "chalcogens_or_free"
        first, second = (types.index(element) + 1 for element in pair)
        lines.append(
            f"fix swap{number} {group} atom/swap {swaps.stretch_steps} {swaps.attempts} {settings.seed + 1 + number} "
            f"{settings.temperature_K} ke yes types {first} {second}"
        )
        counts += [f"f_swap{number}[1]", f"f_swap{number}[2]"]
    lines += [
        *lammps_input.output_of_run(atoms, settings, counts),
        f"dump sites free custom {swaps.stretch_steps} sites.dump id element",
        f"dump_modify sites sort id append yes element {' '.join(types)}",
        f"run {swaps.steps} upto",
        "write_restart restart.*",
    ]
    return "\n".join(lines) + "\n"


def disorder_series(atoms: Atoms, dump: Path) -> np.ndarray:
    """Return the disorder of every sample of a run (samples,).

    Args:
        atoms: cell with the array ``site`` and the sampled composition.
        dump: file of the elements on the free sites.
    """
    composition = Composition.parse(atoms.get_chemical_formula())
    sites, on_4c = AnionSites(composition), {n + 1 for n in np.flatnonzero(atoms.arrays["site"] == "4c").tolist()}
    units = len(on_4c)
    halides = [
        sum(element in HALIDES for number, element in frame if number in on_4c) / units for frame in _frames(dump)
    ]
    return (np.array(halides) - sites.ordered_4c) / (sites.largest_swap or 1.0)


def mean_of(series: np.ndarray) -> Uncertain:
    """Return the mean of the later samples with its 95 % interval from independent samples."""
    kept = series[int(DISCARDED * len(series)) :]
    independent = max(1.0, len(kept) / independent_stride(kept))
    half = 1.96 * float(kept.std() / np.sqrt(independent))
    middle = float(kept.mean())
    return Uncertain(middle, max(0.0, middle - half), min(1.0, middle + half))


def _frames(dump: Path) -> Iterator[list[tuple[int, str]]]:
    """Read (number, element) of each frame; a frame that a restart repeats replaces the earlier one."""
    found: dict[int, list[tuple[int, str]]] = {}
    with dump.open() as lines:
        for line in lines:
            if line.startswith("ITEM: TIMESTEP"):
                step = int(next(lines))
                found[step] = []
            elif line.startswith("ITEM: NUMBER"):
                next(lines)
            elif line.startswith("ITEM: BOX"):
                for _ in range(3):
                    next(lines)
            elif not line.startswith("ITEM:"):
                number, element = line.split()
                found[step].append((int(number), element))
    yield from (found[step] for step in sorted(found))


def _acceptance(rows: Sequence[dict[str, float]]) -> float:
    """Return accepted over attempted exchanges of the whole run."""
    last = rows[-1]
    attempted = sum(value for name, value in last.items() if name.startswith("f_swap") and name.endswith("[1]"))
    accepted = sum(value for name, value in last.items() if name.startswith("f_swap") and name.endswith("[2]"))
    return accepted / attempted if attempted else 0.0
