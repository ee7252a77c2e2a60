"""Reader and writer of MLIP's .mtp files, version 1.1.0; LAMMPS and Python use the kernel's reader."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations_with_replacement, product
from os import PathLike
from pathlib import Path

import numpy as np

from argyro.platform.common.errors import InputError
from argyro.platform.execution.atomic_files import write_text
from argyro.platform.potential.native import _kernel


def read(path: str | PathLike, species: Sequence[str] | None = None) -> _kernel.Parameters:
    """Read tables and coefficients of a file.

    Args:
        path: the file.
        species: chemical symbols in the file's order, for files without names.

    Raises:
        InputError: the file is missing, damaged or of another kind, or the species do not match.
    """
    try:
        parameters = _kernel.read_mtp(str(path))
    except (ValueError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: {error}", accepted="an .mtp file of version 1.1.0") from error
    if species is not None:
        parameters.species = _agreed(path, parameters, list(species))
    return parameters


def _agreed(path: str | PathLike, parameters: _kernel.Parameters, given: list[str]) -> list[str]:
    if parameters.species and parameters.species != given:
        raise InputError(
            f"{path} has the species {', '.join(parameters.species)}, not {', '.join(given)}; give its species or none",
            accepted=", ".join(parameters.species),
        )
    if len(given) != parameters.species_count:
        raise InputError(
            f"{path} has {parameters.species_count} species, {len(given)} are given ({', '.join(given)}); "
            "give all species in the order of the file",
            accepted=f"{parameters.species_count} chemical symbols",
        )
    return given


def write(path: str | PathLike, parameters: _kernel.Parameters) -> None:
    """Write atomically a file that MLIP, motep and LAMMPS read."""
    write_text(Path(path), text(parameters))


def text(parameters: _kernel.Parameters) -> str:
    """Return the file's text."""
    lines = [
        "MTP",
        "version = 1.1.0",
        f"potential_name = {parameters.potential_name or 'MTP1m'}",
        f"scaling = {parameters.scaling!r}",
        f"species_count = {parameters.species_count}",
        f"potential_tag = {tag(parameters)}",
        "radial_basis_type = RBChebyshev",
        f"\tmin_dist = {parameters.min_dist_A!r}",
        f"\tmax_dist = {parameters.cutoff_A!r}",
        f"\tradial_basis_size = {parameters.radial_size}",
        f"\tradial_funcs_count = {parameters.radial_functions}",
        "\tradial_coeffs",
    ]
    for i, j in product(range(parameters.species_count), repeat=2):
        lines.append(f"\t\t{i}-{j}")
        lines += [f"\t\t\t{_list(row)}" for row in parameters.radial[i, j]]
    lines += [
        f"alpha_moments_count = {parameters.moments_count}",
        f"alpha_index_basic_count = {len(parameters.basic)}",
        f"alpha_index_basic = {_table(parameters.basic)}",
        f"alpha_index_times_count = {len(parameters.times)}",
        f"alpha_index_times = {_table(parameters.times)}",
        f"alpha_scalar_moments = {len(parameters.scalar_moments)}",
        f"alpha_moment_mapping = {_list(parameters.scalar_moments)}",
        f"species_coeffs = {_list(parameters.species_energies)}",
        f"moment_coeffs = {_list(parameters.coefficients)}",
    ]
    return "\n".join(lines) + "\n"


def tag(parameters: _kernel.Parameters) -> str:
    """Return species and repulsion radii (Å, pairs 00, 01, ... 11, ...) for the field potential_tag."""
    words = ["species:" + ",".join(parameters.species)]
    if parameters.zbl_outer_A:
        count = parameters.species_count
        outer = np.reshape(parameters.zbl_outer_A, (count, count))
        words.append(
            "zbl:" + ",".join(repr(float(outer[pair])) for pair in combinations_with_replacement(range(count), 2))
        )
    return " ".join(words)


def _list(values: np.ndarray) -> str:
    return "{" + ", ".join(repr(value) for value in values.tolist()) + "}"


def _table(rows: np.ndarray) -> str:
    return "{" + ", ".join(_list(row) for row in rows) + "}"
