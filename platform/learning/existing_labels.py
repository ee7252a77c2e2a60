"""Labels that exist already: read from files, held to one reference, sorted by what a family may learn from."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from ase import Atoms
from ase.io import iread

from argyro.platform.common.errors import InputError


def read_known(paths: Sequence[Path | str], elements: Collection[str] | None = None) -> list[Atoms]:
    """Labelled frames of a family's elements, in the order of the files.

    Args:
        paths: extended xyz, also compressed (``.gz``, ``.xz``), with energy, forces and ``label_source`` of each frame.
        elements: of the family; frames with others are left out; None takes all.

    Raises:
        InputError: a file does not exist or is no extended xyz.
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
                path="labels.known",
                given=str(path),
                accepted="extended xyz, as argyro keeps in training_set.extxyz",
            ) from error
    return frames


def require_same_source(frames: Sequence[Atoms], label_source: str) -> None:
    """Refuse frames of another reference: energies of different references must not meet in one training set.

    Args:
        frames: labelled frames.
        label_source: identity of the reference that will label what is added.

    Raises:
        InputError: a frame says otherwise, or says nothing.
    """
    others = sorted({str(frame.info.get("label_source", "nothing")) for frame in frames} - {label_source})
    if others:
        raise InputError(
            f"known labels are of {', '.join(others)}, the reference of this run is {label_source}; label them anew, "
            "or learn with the reference they came from",
            path="labels.known",
            given=others,
            accepted=label_source,
        )
