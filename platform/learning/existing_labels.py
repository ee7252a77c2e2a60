"""Existing labels of a family, read from files and restricted to one reference."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from ase import Atoms
from ase.io import iread

from argyro.platform.common.errors import InputError


def read_known(paths: Sequence[Path | str], elements: Collection[str] | None = None) -> list[Atoms]:
    """Read labelled frames of a family's elements, in the order of the files.

    Args:
        paths: extended xyz, plain or compressed (``.gz``, ``.xz``), with energy, forces and ``label_source``.
        elements: elements of the family; frames with others are left out; None keeps all frames.

    Raises:
        InputError: a file does not exist or is not extended xyz.
    """
    frames: list[Atoms] = []
    for path in paths:
        try:
            frames += [
                frame
                for frame in iread(path, index=":", format="extxyz")
                if elements is None or set(frame.symbols) <= set(elements)
            ]
        except (OSError, EOFError, ValueError, KeyError) as error:
            raise InputError(
                f"known labels {str(path)!r} cannot be read: {error}; give extended xyz files of labelled frames",
                accepted="extended xyz such as training_set.extxyz",
            ) from error
    return frames


def require_same_source(frames: Sequence[Atoms], label_source: str) -> None:
    """Refuse frames of another reference, because energies of different references cannot be mixed.

    Args:
        frames: labelled frames.
        label_source: identity of the reference for new labels.

    Raises:
        InputError: a frame has another reference or none.
    """
    others = sorted({str(frame.info.get("label_source", "nothing")) for frame in frames} - {label_source})
    if others:
        raise InputError(
            f"known labels are of {', '.join(others)}, the reference of this run is {label_source}; relabel them, "
            "or use their reference for this run",
            accepted=label_source,
        )
