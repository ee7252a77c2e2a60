"""Text file of an active set, read by Python and by the pair style.

::

    argyro-active-set 1
    mode neighbourhood      or: configuration; followed by: all, for rows of all parameters
    species Li P S Cl
    fingerprint 9f86d081884c7d65
    size 96
    origin   followed by m lines: frame and atom of each active row
    scale    followed by one line of m numbers
    rows     followed by m lines of m numbers: the active rows divided by scale
    inverse  followed by m lines of m numbers: G, the grade of a row b being max_j |(b G)_j|

A row b has one number per species, 1 for the species of the atom. The scalar basis functions of the potential follow
in the order of ``alpha_moment_mapping``. With all parameters, the derivatives by the radial coefficients follow in the
order of the potential.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict

import numpy as np

from argyro.platform.common.errors import InputError
from argyro.platform.execution.atomic_files import write_text

_MAGIC = "argyro-active-set 1"


class Fields(TypedDict):
    """The fields of `ActiveSet` in the file."""

    species: tuple[str, ...]
    mode: str
    parameters: str
    fingerprint: str
    scale: np.ndarray
    rows: np.ndarray
    origin: np.ndarray


def write(path: Path, fields: Fields, inverse: np.ndarray) -> None:
    """Write an active set.

    Args:
        path: the file, replaced atomically.
        fields: fields of the set.
        inverse: (m, m) matrix G of the set for the pair style.
    """
    lines = [
        _MAGIC,
        "mode " + fields["mode"] + (" all" if fields["parameters"] == "all" else ""),
        "species " + " ".join(fields["species"]),
        "fingerprint " + fields["fingerprint"],
        f"size {fields['scale'].size}",
        "origin",
        *(f"{frame} {atom}" for frame, atom in fields["origin"]),
        "scale",
        _numbers(fields["scale"]),
        "rows",
        *map(_numbers, fields["rows"]),
        "inverse",
        *map(_numbers, inverse),
    ]
    write_text(path, "\n".join(lines) + "\n")


def read(path: Path) -> Fields:
    """Read the fields of an active set.

    Raises:
        InputError: the file does not exist or is not a complete active set.
    """
    if not path.is_file():
        raise InputError(f"the active set '{path}' does not exist")
    lines = iter(path.read_text(errors="replace").splitlines())
    try:
        return _parse(lines)
    except (StopIteration, ValueError, IndexError, MemoryError) as error:
        reason = "it ends too early" if isinstance(error, StopIteration) else str(error)
        raise InputError(
            f"'{path}' is not a complete active set: {reason}; write it again with ActiveSet.write"
        ) from error


def _parse(lines: Iterator[str]) -> Fields:
    _expect(next(lines), _MAGIC)
    header = {}
    for name in ("mode", "species", "fingerprint", "size"):
        key, _, header[name] = next(lines).partition(" ")
        _expect(key, name)
    mode, _, parameters = header["mode"].partition(" ")
    if mode not in ("neighbourhood", "configuration") or parameters not in ("", "all"):
        raise ValueError(f"'{header['mode'][:40]}' is not a mode of an active set")
    size = int(header["size"])
    origin = _section(lines, "origin", size, 2).astype(int)
    scale = _section(lines, "scale", 1, size)[0]
    if not (scale > 0).all():
        raise ValueError("'scale' must have positive numbers")
    rows = _section(lines, "rows", size, size)
    _section(lines, "inverse", size, size)
    return {
        "species": tuple(header["species"].split()),
        "mode": mode,
        "parameters": parameters or "linear",
        "fingerprint": header["fingerprint"],
        "scale": scale,
        "rows": rows,
        "origin": origin,
    }


def _section(lines: Iterator[str], name: str, count: int, width: int) -> np.ndarray:
    _expect(next(lines), name)
    values = np.array([[float(word) for word in next(lines).split()] for _ in range(count)])
    if values.shape != (count, width) or not np.isfinite(values).all():
        raise ValueError(f"'{name}' must have {count} lines of {width} finite numbers")
    return values


def _expect(given: str, expected: str) -> None:
    if given != expected:
        raise ValueError(f"expected '{expected}', found '{given[:40]}'")


def _numbers(values: np.ndarray) -> str:
    return " ".join(f"{value:.17g}" for value in values)
