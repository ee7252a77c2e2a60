"""Initial training set: rattled, strained, hot and crowded variants of the structures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from ase import Atoms
from ase.geometry import find_mic

from argyro.platform.common.ions import CENTRES, longest_bond_A
from argyro.platform.common.units import BOLTZMANN_EV_K
from argyro.platform.labels.frame_filters import min_distance_A
from argyro.platform.learning.options import LearningOptions
from argyro.platform.learning.ps4_groups import ps4_groups

# Harmonic stiffness for an atom or a PS4 group. Atoms move independently here but collectively in a crystal, so the
# springs are stiffer than real ones. With these values the energy rises by the expected 3/2 kT per atom.
LI_SPRING_EV_A2 = 1.6
FRAMEWORK_SPRING_EV_A2 = 4.0
LIBRATION_SPRING_EV = 8.0  # rotation of a PS4 group
ATTEMPTS = 30

# Crowded frames have free anions at distances from P, between bonds and next neighbours, that MD rarely meets. Without
# them nothing determines the radial functions there: forces were wrong by up to 160 eV/Å at P-Cl of 2.7 Å.
FURTHEST_A = 3.6
CLOSEST_A, CLOSEST_LI_A = 2.3, 1.8  # shortest distances of a moved anion from others and from Li


def rattled(atoms: Atoms, sigma_A: float, rng: np.random.Generator) -> Atoms:
    """Displace every coordinate by a normal deviate of the given width."""
    return _displaced(atoms, rng.normal(0.0, sigma_A, (len(atoms), 3)))


def strained(atoms: Atoms, strain: float, rng: np.random.Generator) -> Atoms:
    """Strain cell and positions by a random symmetric strain, uniform in ±strain; shear components are halved."""
    components = rng.uniform(-strain, strain, (3, 3))
    symmetric = np.diag(np.diag(components)) + (np.triu(components, 1) + np.triu(components, 1).T) / 2
    result = _bare(atoms)
    result.set_cell(atoms.cell.array @ (np.eye(3) + symmetric), scale_atoms=True)
    return result


def hot(atoms: Atoms, temperature_K: float, rng: np.random.Generator) -> Atoms:
    """Draw a frame of a harmonic solid at a temperature, with PS4 groups moved and rotated as rigid bodies.

    Every degree of freedom is a normal deviate of variance k_B T / k, with k the spring constants above.
    """
    kT = BOLTZMANN_EV_K * temperature_K
    symbols = np.array(atoms.get_chemical_symbols())
    spring = np.where(symbols == "Li", LI_SPRING_EV_A2, FRAMEWORK_SPRING_EV_A2)
    moves = rng.normal(size=(len(atoms), 3)) * np.sqrt(kT / spring)[:, None]
    for group in ps4_groups(atoms):
        angle = rng.normal(0.0, np.sqrt(kT / LIBRATION_SPRING_EV), 3)
        arms = find_mic(atoms.positions[group] - atoms.positions[group[0]], atoms.cell, atoms.pbc)[0]
        stretch = 0.25 * moves[group]  # the bond is stiffer than the cage
        moves[group] = moves[group[0]] + np.cross(angle, arms) + stretch
    return _displaced(atoms, moves)


def crowded(atoms: Atoms, rng: np.random.Generator) -> Atoms:
    """Move one free anion towards each tetrahedral centre, the species in turn, to a random distance beyond a bond."""
    result = _bare(atoms)
    symbols = np.array(result.get_chemical_symbols())
    bound = {index for group in ps4_groups(result) for index in group}
    free = [i for i in range(len(result)) if i not in bound and symbols[i] not in ("Li", *CENTRES)]
    species = sorted({str(symbols[i]) for i in free})
    centres = rng.permutation(np.flatnonzero(np.isin(symbols, CENTRES)))
    for number, centre in enumerate(centres.tolist()):
        anions = [i for i in free if symbols[i] == species[number % len(species)]] if species else []
        distances_A = result.get_distances(centre, anions, mic=True) if anions else []
        for index in np.argsort(distances_A, kind="stable"):
            if _approach(result, centre, anions[index], symbols, rng):
                free.remove(anions[index])
                break
    return result


def _approach(atoms: Atoms, centre: int, anion: int, symbols: np.ndarray, rng: np.random.Generator) -> bool:
    """Move an anion towards a centre; return whether no other distance became too short."""
    outward = atoms.get_distance(centre, anion, mic=True, vector=True)
    distance_A = rng.uniform(longest_bond_A(symbols[centre], "Se"), FURTHEST_A)
    trial = atoms.copy()
    trial.positions[anion] += (distance_A / np.linalg.norm(outward) - 1.0) * outward
    others = [index for index in range(len(atoms)) if index not in (centre, anion)]
    closest_A = np.where(symbols[others] == "Li", CLOSEST_LI_A, CLOSEST_A)
    if (trial.get_distances(anion, others, mic=True) < closest_A).any():
        return False
    atoms.positions[anion] = trial.positions[anion]
    return True


def seed_frames(structures: Sequence[Atoms], options: LearningOptions) -> list[Atoms]:
    """Return seed frames of all structures: one as built, then strained, rattled and crowded ones of rising amplitude.

    Args:
        structures: bulk and boundary cells of one family.
        options: numbers and amplitudes.

    Returns:
        Frames with ``info["structure"]`` (index) and ``info["made_by"]``. Atoms are not closer than the sanity limit,
        except in structures that already violate it.
    """
    frames = []
    for index, structure in enumerate(structures):
        rng = np.random.default_rng([options.seed, index])
        small = len(structure) <= options.small_cell_atoms
        count = options.seeds_per_structure if small else max(2, options.seeds_per_structure // 2)
        for number in range(count):
            frame, made_by = _variant(structure, number, (number + 1) / count, options, rng)
            frame.info |= {"structure": index, "made_by": made_by}
            frames.append(frame)
    return frames


def hot_frames(structures: Sequence[Atoms], options: LearningOptions, number: int, seed: int) -> list[Atoms]:
    """Return further hot frames of the structures in turn, with temperatures up to the highest.

    Args:
        structures: cells of the family.
        options: temperatures and limits.
        number: number of frames.
        seed: seed of the displacements.
    """
    rng = np.random.default_rng([options.seed, 1_000_003, seed])
    frames = []
    for count in range(number):
        index = count % len(structures)
        structure, temperature_K = structures[index], rng.uniform(0.3, 1.0) * max(options.temperatures_K)
        frame = _possible(structure, partial(_heated, structure, temperature_K, rng), options)
        frame.info |= {"structure": index, "made_by": "hot"}
        frames.append(frame)
    return frames


def _heated(structure: Atoms, temperature_K: float, rng: np.random.Generator, scale: float) -> Atoms:
    return hot(structure, scale * temperature_K, rng)


def _variant(
    structure: Atoms, number: int, share: float, options: LearningOptions, rng: np.random.Generator
) -> tuple[Atoms, str]:
    if number == 0:
        return _bare(structure), "as built"
    temperature_K = share * max(options.temperatures_K)
    makers = (
        ("crowded", lambda scale: crowded(hot(structure, scale * temperature_K, rng), rng)),
        ("strained", lambda scale: rattled(strained(structure, scale * share * options.strain, rng), 0.05, rng)),
        ("rattled", lambda scale: rattled(structure, scale * share * options.rattle_A, rng)),
    )
    name, make = makers[number % 3]
    return _possible(structure, make, options), name


def _possible(structure: Atoms, make: Callable[[float], Atoms], options: LearningOptions) -> Atoms:
    """Return the first draw without too close atoms; the amplitude decreases from draw to draw."""
    required = min(options.sanity.min_distance_A, min_distance_A(structure))
    for attempt in range(ATTEMPTS):
        frame = make(1.0 - attempt / ATTEMPTS)
        if min_distance_A(frame) >= required:
            break
    return frame


def _bare(atoms: Atoms) -> Atoms:
    result = atoms.copy()
    result.calc = None
    return result


def _displaced(atoms: Atoms, moves_A: np.ndarray) -> Atoms:
    result = _bare(atoms)
    result.positions += moves_A
    return result
