"""Graph surrogate of ln D(structure, composition, T)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ase import Atoms


def predict(
    composition: str | None = None,
    disorder: float | None = None,
    boundary: str | None = None,
    temperatures_K: float | Sequence[float] = (300.0,),
    grain_sizes_nm: float | Sequence[float] = (1000.0,),
    *,
    structure: Atoms | None = None,
    surrogate: Path | str | None = None,
) -> list[dict]:
    """Diffusivities and conductivity of a polycrystal, each with its 95 % interval.

    Args:
        composition: such as ``Li6PS5Cl0.5Br0.5``; of a structure, its own if None.
        disorder: share of the halide that left 4a, 0 to 1; of a structure, what it states, else 0, if None.
        boundary: such as ``sigma5(001)[001]``; of a structure, what it states, else ``bulk``, if None.
        temperatures_K: one temperature or several.
        grain_sizes_nm: one grain size or several.
        structure: a cell of one's own; without one, it is built.
        surrogate: its folder; the one that comes with argyro if None.

    Returns:
        for each temperature and, within it, each grain size the keys of `argyro predict --json`.

    Raises:
        InputError: what cannot be built or predicted, or there is no surrogate.
    """
    from argyro.surrogates.serving.predictor import oracle_of

    temperatures, sizes = _numbers("temperatures_K", temperatures_K), _numbers("grain_sizes_nm", grain_sizes_nm)
    oracle = oracle_of(surrogate)
    query = oracle.ask(composition, disorder, boundary, structure)
    return [oracle.answer_query(query, kelvin, size) for kelvin in temperatures for size in sizes]


def _numbers(name: str, given: float | Sequence[float]) -> list[float]:
    from argyro.platform.common.errors import InputError

    try:
        numbers = [float(value) for value in (given if isinstance(given, Iterable) else [given])]
    except (TypeError, ValueError):
        numbers = []
    if not numbers:
        raise InputError(f"{name} {given!r} are no numbers; give at least one", path=name, given=given)
    return numbers
