"""Evaluate a moment tensor potential: energies, forces, stress and basis functions of structures."""

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

SHORTEST_DISTANCE_A = 0.5  # closer atoms are a mistake in the structure


@dataclass(frozen=True)
class Evaluation:
    """Energy, forces and stress of a structure.

    Attributes:
        energy_eV: total energy.
        forces_eV_A: (n, 3).
        stress_eV_A3: (6,) xx, yy, zz, yz, xz, xy; NaN unless the structure is periodic in three directions.
        energies_eV: (n,) site energies.
    """

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
        """Take tables and coefficients.

        Raises:
            InputError: the tables are not those of a potential; species are missing, repeated or not elements from H
                to Lr; a cutoff or repulsion radius is out of range.
        """
        if not parameters.species:
            raise InputError(
                "the potential names no species; name them in the order of the file (--species Li,P,S,...)",
                path="species",
                accepted=f"{parameters.species_count} chemical symbols",
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
            path: the file; without coefficients it is taken as untrained, with random radial functions.
            species: chemical symbols in the file's order, for files that name none.

        Raises:
            InputError: the file is missing, damaged or of another kind, or holds no usable potential.
        """
        parameters = mtp_file.read(path, species)
        if not parameters.trained:
            randomise(parameters, seed=0)
        try:
            return cls(parameters)
        except InputError as error:
            raise InputError(f"{path}: {error}", path=str(path), accepted=error.accepted) from error

    @classmethod
    def untrained(
        cls, species: Sequence[str], level: int, cutoff_A: float, min_dist_A: float, radial_size: int = 8, seed: int = 0
    ) -> MTP:
        """Make a potential to be trained: random radial functions, all energies zero.

        Args:
            species: chemical symbols.
            level: even, 2 to 26.
            cutoff_A: distance beyond which atoms do not interact.
            min_dist_A: lower end of the Chebyshev polynomials' range, about the shortest distance to be expected.
            radial_size: Chebyshev polynomials per radial function.
            seed: of the random radial functions.

        Raises:
            InputError: no such level, or distances that span no range.
        """
        return cls(untrained_parameters(species, level, cutoff_A, min_dist_A, radial_size, seed))

    def with_coefficients(self, radial: np.ndarray, species_energies_eV: np.ndarray, coefficients: np.ndarray) -> MTP:
        """Return the same tables with other coefficients, shapes as the attributes of this instance."""
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
            outer_A: (species, species) symmetric, distance below which it acts; 0 for none, at most the cutoff.

        Raises:
            InputError: a distance is out of range.
        """
        parameters = self.kernel.parameters
        parameters.zbl_outer_A = np.asarray(outer_A, float).ravel().tolist() if np.any(outer_A) else []
        return MTP(parameters)

    def upconvert(self, level: int, seed: int = 0) -> MTP:
        """Return the same energies in the basis of a higher level; new functions get the coefficient zero.

        Args:
            level: even, not below the present one.
            seed: of the new radial functions, which are random.

        Raises:
            InputError: the level is lower, or this potential holds functions that the standard basis lacks.
        """
        check_level(level)
        if level < self.level:
            raise InputError(
                f"a potential of level {self.level} cannot be converted to level {level}; only upwards",
                path="level",
                given=level,
                accepted=f"{self.level} to 26",
            )
        higher = MTP(raised_parameters(self.parameters, level, seed))
        cluster = probe_cluster(self.species, self.cutoff_A)
        coefficients = np.zeros(higher.basis_size)
        coefficients[match_basis(self.basis(cluster), higher.basis(cluster), higher.level)] = self.coefficients
        return higher.with_coefficients(higher.radial_coefficients, self.species_energies_eV, coefficients)

    def write(self, path: str | PathLike) -> None:
        """Write an .mtp file of version 1.1.0; its free field potential_tag names species and repulsion."""
        mtp_file.write(path, self.parameters)

    # --- what it is -------------------------------------------------------------------------------------------------
    @property
    def species(self) -> tuple[str, ...]:
        """Chemical symbols in the order of the coefficients."""
        return tuple(self.parameters.species)

    @cached_property
    def level(self) -> int:
        """Highest level of a basis function, rounded up to even."""
        tables = self.parameters
        highest = int(levels(tables.basic, tables.times, tables.moments_count)[tables.scalar_moments].max())
        return highest + highest % 2

    @property
    def cutoff_A(self) -> float:
        """Distance beyond which atoms do not interact."""
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

    # --- what it computes -------------------------------------------------------------------------------------------
    def types(self, atoms: Atoms) -> np.ndarray:
        """Return the (n,) index of each atom's species.

        Raises:
            InputError: a species that the potential was not made for.
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
        """Return the structure with its neighbour list.

        Raises:
            InputError: no atoms, unknown species, atoms closer than 0.5 Å, a cell without volume, or more neighbours
                than the kernel allows.
        """
        if not len(atoms):
            raise InputError("the structure holds no atoms", path="atoms", given=0, accepted="at least one atom")
        types = self.types(atoms)
        try:
            frame = _kernel.Frame(self.kernel, atoms.positions, atoms.cell.array, atoms.pbc, types)
        except ValueError as error:
            raise InputError(f"no neighbour list: {error}", path="atoms") from error
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
        """Return the (n, basis) functions B_k of every atom; their sum over atoms is the derivative ∂E/∂ξ_k.

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
            "its coefficients are damaged, or the structure is far outside its training set",
            path="potential",
            accepted="a finite number",
        )
