"""The moment tensor potential: energies, forces, stress and basis functions of structures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from os import PathLike

import numpy as np
from ase import Atoms

from argyro.platform.common.errors import InputError
from argyro.platform.potential.mtp import mtp_file
from argyro.platform.potential.mtp.basis_matching import match_basis
from argyro.platform.potential.mtp.contraction_tables import generate, levels
from argyro.platform.potential.mtp.contractions import check_level
from argyro.platform.potential.native import _kernel

RADIAL_NOISE = 0.3  # of untrained radial functions
SHORTEST_DISTANCE_A = 0.5  # closer atoms are a mistake in the structure, not physics


@dataclass(frozen=True)
class Evaluation:
    """Energy, forces, stress (xx, yy, zz, yz, xz, xy; NaN unless periodic in three directions) and site energies."""

    energy_eV: float
    forces_eV_A: np.ndarray
    stress_eV_A3: np.ndarray
    energies_eV: np.ndarray


class MTP:
    """A moment tensor potential.

    E_i = e(z_i) + Σ_k ξ_k B_k(i) + ½ Σ_j zbl(r_ij), B_k the scalar contractions of the moments
    M_{μ,ν} = Σ_j f_μ(r_ij; z_i, z_j) r̂_ij^{⊗ν}, f_μ = (r_c - r)² Σ_q c_{μq} T_q(r).

    Instances do not change; `with_coefficients`, `with_repulsion` and `upconvert` return new ones.

    Source: Shapeev, Multiscale Model. Simul. 14, 1153 (2016); Novikov et al., Mach. Learn.: Sci. Technol. 2, 025002
    (2021).
    """

    def __init__(self, parameters: _kernel.Parameters):
        """Takes tables and coefficients.

        Raises:
            InputError: the tables are not those of a potential, or species are not named.
        """
        if not parameters.species:
            raise InputError(
                "the potential does not name its species (potential_tag 'species:Li,P,S,...'); "
                "give them in the order of the file",
                path="species",
                accepted=f"{parameters.species_count} chemical symbols",
            )
        try:
            self.kernel = _kernel.Potential(parameters)
        except ValueError as error:
            raise InputError(f"not a usable potential: {error}") from error
        self.parameters = self.kernel.parameters

    # --- making one -------------------------------------------------------------------------------------------------
    @classmethod
    def read(cls, path: str | PathLike, species: Sequence[str] | None = None) -> MTP:
        """Reads an .mtp file of argyro, MLIP or motep.

        Args:
            path: the file; without coefficients it is taken as untrained, with random radial functions.
            species: chemical symbols in the file's order, for files that do not name them.

        Raises:
            InputError: the file is missing, damaged or of another kind.
        """
        parameters = mtp_file.read(path, species)
        if not parameters.trained:
            randomise(parameters, seed=0)
        return cls(parameters)

    @classmethod
    def untrained(
        cls, species: Sequence[str], level: int, cutoff_A: float, min_dist_A: float, radial_size: int = 8, seed: int = 0
    ) -> MTP:
        """A potential to be trained: random radial functions, all energies zero.

        Args:
            species: chemical symbols.
            level: even, 2 to 26.
            cutoff_A: beyond it atoms do not see each other.
            min_dist_A: lower end of the Chebyshev polynomials' range, about the shortest distance to be expected.
            radial_size: Chebyshev polynomials per radial function.
            seed: of the random radial functions.

        Raises:
            InputError: no such level, or distances that make no sense.
        """
        check_level(level)
        if len(set(species)) != len(species) or not species:
            raise InputError(
                f"species {list(species)} must be one or more different symbols", path="species", given=list(species)
            )
        if not 0 <= min_dist_A < cutoff_A:
            raise InputError(
                f"min_dist_A {min_dist_A} and cutoff_A {cutoff_A} span no range; 0 <= min_dist_A < cutoff_A is needed",
                path="cutoff_A",
                given=cutoff_A,
            )
        parameters = tables_as_parameters(level)
        parameters.species_count, parameters.species = len(species), list(species)
        parameters.radial_size, parameters.min_dist_A, parameters.cutoff_A = radial_size, min_dist_A, cutoff_A
        parameters.scaling = 1.0 / (cutoff_A - min_dist_A) ** 2
        parameters.potential_name = "MTP1m"
        randomise(parameters, seed)
        return cls(parameters)

    def with_coefficients(self, radial: np.ndarray, species_energies_eV: np.ndarray, coefficients: np.ndarray) -> MTP:
        """The same tables with other coefficients, shapes as the attributes of this instance."""
        parameters = self.kernel.parameters
        parameters.radial, parameters.species_energies, parameters.coefficients = (
            radial,
            species_energies_eV,
            coefficients,
        )
        parameters.trained = True
        return MTP(parameters)

    def with_repulsion(self, outer_A: np.ndarray) -> MTP:
        """The same with a short-range repulsion.

        Args:
            outer_A: (species, species) symmetric, distance below which it acts; 0 for none.
        """
        parameters = self.kernel.parameters
        parameters.zbl_outer_A = np.asarray(outer_A, float).ravel().tolist() if np.any(outer_A) else []
        return MTP(parameters)

    def upconvert(self, level: int, seed: int = 0) -> MTP:
        """The same energies in the basis of a higher level: known functions keep their coefficients, new ones get zero.

        Args:
            level: even, not below the present one.
            seed: of the new radial functions, which are random.

        Raises:
            InputError: the level is lower, or this potential holds functions the standard basis lacks.
        """
        check_level(level)
        if level < self.level:
            raise InputError(
                f"a potential of level {self.level} cannot be converted to level {level}; only upwards",
                path="level",
                given=level,
                accepted=f"{self.level} to 26",
            )
        higher = tables_as_parameters(level)
        higher.radial_functions = max(higher.radial_functions, self.parameters.radial_functions)
        for name in ("species_count", "species", "radial_size", "scaling", "min_dist_A", "cutoff_A", "zbl_outer_A"):
            setattr(higher, name, getattr(self.parameters, name))
        higher.potential_name = self.parameters.potential_name
        randomise(higher, seed)
        radial = higher.radial.copy()
        radial[:, :, : self.parameters.radial_functions] = self.radial_coefficients
        converted = MTP(higher).with_coefficients(radial, self.species_energies_eV, higher.coefficients)
        coefficients = np.zeros(converted.basis_size)
        coefficients[match_basis(self, converted)] = self.coefficients
        return converted.with_coefficients(radial, self.species_energies_eV, coefficients)

    def write(self, path: str | PathLike) -> None:
        """Writes an .mtp file of version 1.1.0; species and repulsion stand in its free field potential_tag."""
        mtp_file.write(path, self.parameters)

    # --- what it is -------------------------------------------------------------------------------------------------
    @property
    def species(self) -> tuple[str, ...]:
        """Chemical symbols in the order of the coefficients."""
        return tuple(self.parameters.species)

    @cached_property
    def level(self) -> int:
        """Highest level of a basis function, rounded up to even."""
        highest = int(
            levels(self.parameters.basic, self.parameters.times, self.parameters.moments_count)[
                self.parameters.scalar_moments
            ].max()
        )
        return highest + highest % 2

    @property
    def cutoff_A(self) -> float:
        """Distance beyond which atoms do not see each other."""
        return self.parameters.cutoff_A

    @property
    def min_dist_A(self) -> float:
        """Lower end of the radial functions' range."""
        return self.parameters.min_dist_A

    @property
    def scaling(self) -> float:
        """Factor on all radial functions."""
        return self.parameters.scaling

    @property
    def basis_size(self) -> int:
        """Number of basis functions."""
        return len(self.parameters.scalar_moments)

    @property
    def radial_coefficients(self) -> np.ndarray:
        """(species, species, μ, q) Chebyshev coefficients of the radial functions."""
        return self.parameters.radial

    @property
    def species_energies_eV(self) -> np.ndarray:
        """(species,) energy of an atom without neighbours."""
        return self.parameters.species_energies

    @property
    def coefficients(self) -> np.ndarray:
        """(basis,) ξ."""
        return self.parameters.coefficients

    @property
    def repulsion_outer_A(self) -> np.ndarray:
        """(species, species) distance below which the short-range repulsion acts, 0 for none."""
        count = len(self.species)
        outer = self.parameters.zbl_outer_A
        return np.array(outer).reshape(count, count) if outer else np.zeros((count, count))

    # --- what it does -----------------------------------------------------------------------------------------------
    def types(self, atoms: Atoms) -> np.ndarray:
        """(n,) index of each atom's species.

        Raises:
            InputError: a species the potential was not made for.
        """
        index = {symbol: number for number, symbol in enumerate(self.species)}
        unknown = sorted(set(atoms.symbols) - set(index))
        if unknown:
            raise InputError(
                f"the structure holds {', '.join(unknown)}, the potential knows {', '.join(self.species)}; "
                "train one on structures with all these species",
                path="species",
                given=unknown,
                accepted=", ".join(self.species),
            )
        return np.array([index[symbol] for symbol in atoms.symbols], dtype=np.int32)

    def frame(self, atoms: Atoms) -> _kernel.Frame:
        """The structure with its neighbour list.

        Raises:
            InputError: unknown species, atoms closer than 0.5 Å, or a cell without volume.
        """
        try:
            frame = _kernel.Frame(self.kernel, atoms.positions, atoms.cell.array, atoms.pbc, self.types(atoms))
        except InputError:
            raise
        except ValueError as error:
            raise InputError(f"cannot find the neighbours: {error}", path="atoms") from error
        shortest = frame.shortest_A.min()
        if shortest < SHORTEST_DISTANCE_A:
            raise InputError(
                f"two atoms are {shortest:.3f} Å apart; distances below {SHORTEST_DISTANCE_A} Å "
                "are a mistake in the structure",
                path="atoms",
                given=float(shortest),
                accepted=f"distances of at least {SHORTEST_DISTANCE_A} Å",
            )
        return frame

    def evaluate(self, atoms: Atoms, threads: int = 0) -> Evaluation:
        """Energy, forces and stress.

        Args:
            atoms: a structure, periodic cells smaller than the cutoff included.
            threads: 0 for as many as OMP_NUM_THREADS allows.

        Raises:
            InputError: unknown species or overlapping atoms.
        """
        found = self.kernel.compute(self.frame(atoms), forces=True, basis=False, threads=threads)
        volume = found["volume"]
        stress = found["strain_derivative"] / volume if volume else np.full(6, np.nan)
        return Evaluation(float(found["energies"].sum()), found["forces"], stress, found["energies"])

    def basis(self, atoms: Atoms, threads: int = 0) -> np.ndarray:
        """(n, basis) basis functions B_k of every atom; their sum over atoms is the derivative ∂E/∂ξ_k."""
        return self.kernel.compute(self.frame(atoms), forces=False, basis=True, threads=threads)["basis"]

    def multiply_adds(self) -> dict[str, float]:
        """Multiply-adds of an energy with forces, ``per_atom`` and ``per_pair``, counted from the tables."""
        return self.kernel.operations()


def tables_as_parameters(level: int) -> _kernel.Parameters:
    """Generated tables in the kernel's form."""
    tables, parameters = generate(level), _kernel.Parameters()
    parameters.moments_count, parameters.radial_functions = tables.moments_count, tables.radial_functions
    parameters.basic, parameters.times, parameters.scalar_moments = tables.basic, tables.times, tables.scalar_moments
    return parameters


def randomise(parameters: _kernel.Parameters, seed: int) -> None:
    """Starting coefficients: the Chebyshev polynomials themselves, altered at random for every pair of species; no
    energies.

    Better and more even starts than random numbers alone, in which radial functions of one pair resemble each other by
    chance.
    """
    rng = np.random.default_rng(seed)
    count, functions, size = parameters.species_count, parameters.radial_functions, parameters.radial_size
    radial = RADIAL_NOISE / np.sqrt(size) * rng.normal(size=(count, count, functions, size))
    for mu in range(functions):
        radial[:, :, mu, mu % size] += 1.0
    parameters.radial = radial
    parameters.species_energies = np.zeros(count)
    parameters.coefficients = np.zeros(len(parameters.scalar_moments))
    parameters.trained = True
