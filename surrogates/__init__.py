"""Predict Li diffusivities from a surrogate trained on molecular dynamics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ase import Atoms


def predict(
    composition: str | None = None,
    disorder: float | None = None,
    boundary: str | Mapping[str, float] | None = None,
    temperatures_K: float | Sequence[float] = (300.0,),
    grain_sizes_nm: float | Sequence[float] = (1000.0,),
    *,
    structure: Atoms | None = None,
    surrogate: Path | str | None = None,
) -> list[dict]:
    """Predict diffusivities and conductivity of a polycrystal, each with its 95 % interval.

    Args:
        composition: such as ``Li6PS5Cl0.5Br0.5``; None for the structure's own.
        disorder: share of the halide that moved from 4a to 4c, 0 to 1; None for the structure's own, else as measured.
        boundary: such as ``sigma5(001)[001]``, ``bulk`` for a single crystal, or shares of several types such as
            ``{"sigma5(001)[001]": 0.3, "sigma3(1-12)[110]": 0.7}``; None for the structure's own, else the trained
            types in equal shares.
        temperatures_K: one temperature or several.
        grain_sizes_nm: one grain size or several.
        structure: a cell; replaces composition, disorder and boundary.
        surrogate: folder of the surrogate; None for the bundled one.

    Returns:
        one document with the keys of ``argyro predict --json`` for each temperature and, within it, each grain size.

    Raises:
        InputError: the material or boundary is invalid, or the folder holds no surrogate.

    >>> cold, hot = predict("Li6PS5Cl", disorder=0.5, temperatures_K=[300, 400])
    >>> sigma = cold["conductivity_mS_cm"]
    >>> sigma["low"] < sigma["value"] < sigma["high"] < hot["conductivity_mS_cm"]["value"]
    True
    """
    from argyro.surrogates.serving.predictor import oracle_of

    temperatures, sizes = _numbers("temperatures_K", temperatures_K), _numbers("grain_sizes_nm", grain_sizes_nm)
    oracle = oracle_of(surrogate)
    return oracle.answers(composition, disorder, boundary, structure, temperatures, sizes)


def _numbers(name: str, given: float | Sequence[float]) -> list[float]:
    from argyro.platform.common.errors import InputError

    try:
        numbers = [float(value) for value in (given if isinstance(given, Iterable) else [given])]
    except (TypeError, ValueError):
        numbers = []
    if not numbers:
        raise InputError(f"{name} {given!r} must be a number or several numbers", path=name)
    return numbers
