"""Moment tensor potential that gives energies, forces, stress and basis functions of structures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from os import PathLike

import numpy as np
from ase import Atoms

from argyro.platform.common.errors import InputError
from argyro.platform.potential.mtp import mtp_file
from argyro.platform.potential.mtp.basis_matching import match_basis, probe_cluster
from argyro.platform.potential.mtp.contraction_tables import levels
from argyro.platform.potential.mtp.contractions import check_level
from argyro.platform.potential.mtp.untrained import raised_parameters, randomise, untrained_parameters
from argyro.platform.potential.native import _kernel

SHORTEST_DISTANCE_A = 0.5  # closer atoms are an error in the structure


@dataclass(frozen=True)
class Evaluation:
    """The energy, forces and stress of a structure.

    Attributes:
        energy_eV: total energy.
        forces_eV_A: (n, 3) forces.
        stress_eV_A3: (6,) xx, yy, zz, yz, xz, xy; NaN unless the structure is periodic in three directions.
        energies_eV: (n,) site energies.
    """

    energy_eV: float
    forces_eV_A: np.ndarray
    stress_eV_A3: np.ndarray
    energies_eV: np.ndarray


class MTP:
    """A moment tensor potential.

    E_i = e(z_i) + Σ_k ξ_k B_k(i) + ½ Σ_j zbl(r_ij), with B_k the scalar contractions of the moments
    M_{μ,ν} = Σ_j f_μ(r_ij; z_i, z_j) r̂_ij^{⊗ν}, f_μ = (r_c - r)² Σ_q c_{μq} T_q(r).

    Instances are immutable; `with_coefficients`, `with_repulsion` and `upconvert` return new ones.

    Source: Shapeev, Multiscale Model. Simul. 14, 1153 (2016); Novikov et al., Mach. Learn.: Sci. Technol. 2, 025002
    (2021).
    """

    def __init__(self, parameters: _kernel.Parameters):
        """Initialise from tables and coefficients.

        Raises:
            InputError: the tables are invalid; species are missing, repeated or not elements from H to Lr; a cutoff or
                repulsion radius is out of range.
        """
        if not parameters.species:
            raise InputError(
                "the potential has no species names; give them in the order of the file (--species Li,P,S,...)"
            )
        try:
            self.kernel = _kernel.Potential(parameters)
        except ValueError as error:
            raise InputError(f"the potential cannot be used: {error}") from error
        self.parameters = self.kernel.parameters

    # --- making one -------------------------------------------------------------------------------------------------
    @classmethod
    def read(cls, path: str | PathLike, species: Sequence[str] | None = None) -> MTP:
        """Read an .mtp file of argyro, LAMMPS, MLIP or motep.

        Args:
            path: the file; without coefficients the potential is untrained, with random radial functions.
            species: chemical symbols in the file's order, for files without names.

        Raises:
            InputError: the file is missing, damaged or of another kind, or its potential is invalid.
        """
        parameters = mtp_file.read(path, species)
        if not parameters.trained:
            randomise(parameters, seed=0)
        try:
            return cls(parameters)
        except InputError as error:
            raise InputError(f"{path}: {error}") from error

    @classmethod
    def untrained(
        cls, species: Sequence[str], level: int, cutoff_A: float, min_dist_A: float, radial_size: int = 8, seed: int = 0
    ) -> MTP:
        """Make an untrained potential with random radial functions and zero energies.

        Args:
            species: chemical symbols.
            level: even level, 2 to 26.
            cutoff_A: distance beyond which atoms do not interact.
            min_dist_A: lower end of the Chebyshev polynomials' range, about the shortest expected distance.
            radial_size: number of Chebyshev polynomials per radial function.
            seed: seed of the random radial functions.

        Raises:
            InputError: the level is invalid, or min_dist_A is not below cutoff_A.
        """
        return cls(untrained_parameters(species, level, cutoff_A, min_dist_A, radial_size, seed))

    def with_coefficients(self, radial: np.ndarray, species_energies_eV: np.ndarray, coefficients: np.ndarray) -> MTP:
        """Return the same tables with other coefficients, in the shapes of this instance's attributes."""
        parameters = self.kernel.parameters
        parameters.radial, parameters.species_energies, parameters.coefficients = (
            radial,
            species_energies_eV,
            coefficients,
        )
        parameters.trained = True
        return MTP(parameters)

    def with_repulsion(self, outer_A: np.ndarray) -> MTP:
        """Return the same potential with a short-range repulsion.

        Args:
            outer_A: (species, species) symmetric outer radii; 0 for no repulsion, at most the cutoff.

        Raises:
            InputError: a distance is out of range.
        """
        parameters = self.kernel.parameters
        parameters.zbl_outer_A = np.asarray(outer_A, float).ravel().tolist() if np.any(outer_A) else []
        return MTP(parameters)

    def upconvert(self, level: int, seed: int = 0) -> MTP:
        """Return a potential of a higher level with the same energies; new functions have zero coefficients.

        Args:
            level: even level, not below the current one.
            seed: seed of the new random radial functions.

        Raises:
            InputError: the level is lower, or this potential has functions outside the standard basis.
        """
        check_level(level)
        if level < self.level:
            raise InputError(
                f"a potential of level {self.level} cannot be converted to level {level}; give a higher level, up to 26"
            )
        higher = MTP(raised_parameters(self.parameters, level, seed))
        cluster = probe_cluster(self.species, self.cutoff_A)
        coefficients = np.zeros(higher.basis_size)
        coefficients[match_basis(self.basis(cluster), higher.basis(cluster), higher.level)] = self.coefficients
        return higher.with_coefficients(higher.radial_coefficients, self.species_energies_eV, coefficients)

    def write(self, path: str | PathLike) -> None:
        """Write an .mtp file of version 1.1.0 with species and repulsion in its field potential_tag."""
        mtp_file.write(path, self.parameters)

    # --- what it is -------------------------------------------------------------------------------------------------
    @property
    def species(self) -> tuple[str, ...]:
        """The chemical symbols in the order of the coefficients."""
        return tuple(self.parameters.species)

    @cached_property
    def level(self) -> int:
        """The highest level of a basis function, rounded up to even."""
        tables = self.parameters
        highest = int(levels(tables.basic, tables.times, tables.moments_count)[tables.scalar_moments].max())
        return highest + highest % 2

    @property
    def cutoff_A(self) -> float:
        """The distance beyond which atoms do not interact."""
        return self.parameters.cutoff_A

    @property
    def min_dist_A(self) -> float:
        """The lower end of the radial functions' range."""
        return self.parameters.min_dist_A

    @property
    def scaling(self) -> float:
        """The factor on all radial functions."""
        return self.parameters.scaling

    @property
    def basis_size(self) -> int:
        """The number of basis functions."""
        return len(self.parameters.scalar_moments)

    @property
    def radial_coefficients(self) -> np.ndarray:
        """The (species, species, μ, q) Chebyshev coefficients of the radial functions."""
        return self.parameters.radial

    @property
    def species_energies_eV(self) -> np.ndarray:
        """The (species,) energies of atoms without neighbours."""
        return self.parameters.species_energies

    @property
    def coefficients(self) -> np.ndarray:
        """(basis,) ξ."""
        return self.parameters.coefficients

    # --- what it computes -------------------------------------------------------------------------------------------
    def types(self, atoms: Atoms) -> np.ndarray:
        """Return the (n,) species indices of the atoms.

        Raises:
            InputError: the potential lacks a species.
        """
        index = {symbol: number for number, symbol in enumerate(self.species)}
        unknown = sorted(set(atoms.symbols) - set(index))
        if unknown:
            raise InputError(
                f"the structure contains {', '.join(unknown)}, the potential has {', '.join(self.species)}; "
                "train a potential on structures with all these species"
            )
        return np.array([index[symbol] for symbol in atoms.symbols], dtype=np.int32)

    def frame(self, atoms: Atoms) -> _kernel.Frame:
        """Return the structure with its neighbour list.

        Raises:
            InputError: no atoms, unknown species, atoms closer than 0.5 Å, a cell without volume, or too many
                neighbours.
        """
        if not len(atoms):
            raise InputError("the structure contains no atoms")
        types = self.types(atoms)
        try:
            frame = _kernel.Frame(self.kernel, atoms.positions, atoms.cell.array, atoms.pbc, types)
        except ValueError as error:
            raise InputError(f"no neighbour list: {error}") from error
        shortest = frame.shortest_A.min()
        if shortest < SHORTEST_DISTANCE_A:
            raise InputError(
                f"two atoms are {shortest:.3f} Å apart; correct the structure to distances of at least "
                f"{SHORTEST_DISTANCE_A} Å"
            )
        return frame

    def evaluate(self, atoms: Atoms, threads: int = 0) -> Evaluation:
        """Compute energy, forces and stress.

        Args:
            atoms: a structure; its cell may be smaller than the cutoff.
            threads: 0 for as many as OMP_NUM_THREADS allows.

        Raises:
            InputError: see `frame`; or a result is not a finite number.
        """
        found = self.kernel.compute(self.frame(atoms), forces=True, basis=False, threads=threads)
        volume = found["volume"]
        stress = found["strain_derivative"] / volume if volume else np.full(6, np.nan)
        results = {"energy": found["energies"], "force": found["forces"], "stress": stress if volume else np.zeros(6)}
        for name, values in results.items():
            _require_finite(name, values, atoms)
        return Evaluation(float(found["energies"].sum()), found["forces"], stress, found["energies"])

    def basis(self, atoms: Atoms, threads: int = 0) -> np.ndarray:
        """Return the (n, basis) functions B_k of every atom; their sum over atoms is ∂E/∂ξ_k.

        Raises:
            InputError: see `frame`; or a function is not a finite number.
        """
        basis = self.kernel.compute(self.frame(atoms), forces=False, basis=True, threads=threads)["basis"]
        _require_finite("basis function", basis, atoms)
        return basis

    def multiply_adds(self) -> dict[str, int]:
        """Count the multiply-adds of an energy with forces, ``per_atom`` and ``per_pair``, from the tables."""
        return self.kernel.operations()


def _require_finite(name: str, values: np.ndarray, atoms: Atoms) -> None:
    with np.errstate(invalid="ignore", over="ignore"):
        total = values.sum()
    if not np.isfinite(total):
        raise InputError(
            f"the potential gives no finite {name} for {atoms.get_chemical_formula()}; "
            "train it again, or give a structure closer to its training set"
        )
