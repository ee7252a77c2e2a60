"""Distinction between frames cut off by a killed run and frames with invalid numbers."""

from __future__ import annotations

from argyro.platform.common.errors import InputError
from argyro.platform.dynamics.trajectories.byte_source import TextReader


def refuse_overflow(reader: TextReader, frame: str) -> None:
    """Refuse a complete row with a value that is not a number; an incomplete row passes.

    Args:
        reader: reader positioned before the row.
        frame: name of the frame, for instance "configuration 101".

    Raises:
        InputError: the row is complete; the message gives line and text.
    """
    text = reader.peek_line().decode("latin-1").strip()
    if "ITEM:" in text or "=" in text:
        return
    shown = text if len(text) <= 60 else text[:57] + "..."
    raise InputError(
        f"{reader.path}, line {reader.line + 1} ({frame}): a coordinate is not a number (asterisks: it overflowed its"
        f" field): {shown!r}"
    )
