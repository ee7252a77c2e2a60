"""Descriptors of atomic environments from learned potentials."""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stdout
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from ase import Atoms

from argyro.platform.common.errors import InputError
from argyro.platform.labels.references import ENGINES
from argyro.platform.labels.source import LabelSource

DESCRIBING = tuple(name for name, engine in ENGINES.items() if engine.descriptors)


def atom_descriptors(source: LabelSource, atoms: Atoms) -> np.ndarray:
    """Compute descriptors of the atoms by a reference, invariant under rotation and translation.

    Args:
        source: a reference of this environment that gives descriptors, with its weights in a file.
        atoms: structure of n atoms.

    Returns:
        (n, channels) descriptors in the scale of the model.

    Raises:
        InputError: see `require_describing`.
    """
    require_describing(source)
    bare = Atoms(atoms.numbers, positions=atoms.positions, cell=atoms.cell, pbc=atoms.pbc)
    describe, calculator = _loaded(source.source, json.dumps(source.kwargs, sort_keys=True))
    return np.asarray(describe(calculator, bare), dtype=float)


def require_describing(source: LabelSource) -> None:
    """Refuse a reference that cannot give descriptors.

    Raises:
        InputError: the reference gives no descriptors, is not installed, or its weights are not a file.
    """
    if source.source not in DESCRIBING:
        raise InputError(
            f"{source.source!r} gives no descriptors of atoms; use one of {', '.join(DESCRIBING)}",
            accepted=", ".join(DESCRIBING),
        )
    there, why = source.available()
    if not there:
        raise InputError(f"{source.source} cannot give descriptors: {why}")
    if not source.identity()["weights"]:
        raise InputError(
            f"the model {source.kwargs.get('model')!r} of {source.source} is not a file; give the path of one, "
            "since nothing is downloaded",
            accepted="path of a model file",
        )


@lru_cache(maxsize=2)
def _loaded(name: str, kwargs: str) -> tuple[Any, Any]:
    with redirect_stdout(sys.stderr):  # models print messages to standard output, which is for answers
        return ENGINES[name].descriptors, ENGINES[name].build(json.loads(kwargs), Path())
