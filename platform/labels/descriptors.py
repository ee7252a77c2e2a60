"""What a learned potential makes of each atom's surroundings, before it makes an energy of it."""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stdout
from functools import lru_cache
from pathlib import Path

import numpy as np
from ase import Atoms

from argyro.platform.common.errors import InputError
from argyro.platform.labels.references import ENGINES
from argyro.platform.labels.source import LabelSource

DESCRIBING = tuple(name for name, engine in ENGINES.items() if engine.descriptors)


def atom_descriptors(source: LabelSource, atoms: Atoms) -> np.ndarray:
    """Descriptors of the atoms by a reference with frozen weights, invariant under rotation and translation.

    Args:
        source: a reference that lives in this environment and gives descriptors, with its weights in a file.
        atoms: n atoms.

    Returns:
        (n, channels), of the model's own scale.

    Raises:
        InputError: see `require_describing`.
    """
    require_describing(source)
    bare = Atoms(atoms.numbers, positions=atoms.positions, cell=atoms.cell, pbc=atoms.pbc)
    describe, calculator = _loaded(source.source, json.dumps(source.kwargs, sort_keys=True))
    return np.asarray(describe(calculator, bare), dtype=float)


def require_describing(source: LabelSource) -> None:
    """Refuse a reference that cannot describe atoms here.

    Raises:
        InputError: it gives no descriptors, is not installed, or its weights are no file.
    """
    if source.source not in DESCRIBING:
        raise InputError(
            f"{source.source!r} gives no descriptors of atoms; use one of {', '.join(DESCRIBING)}",
            path="foundation.source",
            given=source.source,
            accepted=", ".join(DESCRIBING),
        )
    there, why = source.available()
    if not there:
        raise InputError(f"{source.source} cannot describe atoms: {why}", path="foundation", given=source.source)
    if not source.identity()["weights"]:
        raise InputError(
            f"the weights of {source.source}'s model {source.kwargs.get('model')!r} are no file; give the path of one, "
            "nothing is downloaded",
            path="foundation.model",
            given=source.kwargs.get("model"),
            accepted="path of a model file",
        )


@lru_cache(maxsize=2)
def _loaded(name: str, kwargs: str):
    with redirect_stdout(sys.stderr):  # models announce themselves where answers are printed
        return ENGINES[name].descriptors, ENGINES[name].build(json.loads(kwargs), Path())
