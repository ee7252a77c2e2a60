"""Streaming reader of the ionic steps of VASP's vasprun.xml."""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO
from xml.etree.ElementTree import Element, ParseError, XMLPullParser

import numpy as np

from argyro.platform.common.errors import InputError
from argyro.platform.dynamics.trajectories.byte_source import BLOCK_BYTES, open_bytes, read_block
from argyro.platform.dynamics.trajectories.elements import elements_of
from argyro.platform.dynamics.trajectories.frame import Frame, Frames, ReadOptions, TornFrame

NO_ATOMS = np.zeros((0, 3))


def read_vasprun(path: Path, options: ReadOptions) -> Frames:
    """Yield the structure of each calculation.

    Raises:
        InputError: the file is not a vasprun.xml, or is damaged before its end.
    """
    with open_bytes(path) as stream:
        yield from _Vasprun(path).frames(stream)


class _Vasprun:
    def __init__(self, path: Path):
        self._path, self._frames = path, 0
        self._species: tuple[str, ...] = ()
        self._potim_fs: float | None = None
        self._nblock = 1

    def frames(self, stream: BinaryIO) -> Frames:
        parser: Any = XMLPullParser(events=("start", "end"))
        open_elements: list[Element] = []
        ended = False
        try:
            while not ended:
                block = read_block(stream, BLOCK_BYTES, self._path)
                ended = not block
                parser.close() if ended else parser.feed(block)
                for event, element in parser.read_events():
                    if event == "start":
                        open_elements.append(element)
                        continue
                    open_elements.pop()
                    frame = self._take(element)
                    if frame is not None:
                        yield frame
                    if element.tag in ("calculation", "scstep", "dos", "eigenvalues", "projected"):
                        element.clear()
                        if open_elements:
                            open_elements[-1].remove(element)
        except ParseError as error:
            if not ended and read_block(stream, 1, self._path):
                raise InputError(f"{self._path} is damaged: {error}") from error
            yield TornFrame(error.position[0], "the XML ends there", NO_ATOMS, True)
        if not self._frames:
            raise InputError(f"{self._path} contains no ionic step (<calculation> of a vasprun.xml)")

    def _take(self, element: Element) -> Frame | None:
        """Store an element of the header, or return the frame of a calculation."""
        if element.tag == "array" and element.get("name") == "atoms":
            names = [(row.findtext("c") or "").strip() for row in element.iter("rc")]
            self._species = elements_of(names, str(self._path))
        elif element.tag == "i" and element.get("name") == "POTIM":
            self._potim_fs = float(element.text or "nan")
        elif element.tag == "i" and element.get("name") == "NBLOCK":
            self._nblock = int(element.text or "1")
        if element.tag != "calculation":
            return None
        structure = element.find("structure")
        cell = _vectors(structure, "crystal/varray[@name='basis']")
        positions = _vectors(structure, "varray[@name='positions']")
        if cell.shape != (3, 3) or len(positions) != len(self._species):
            raise InputError(
                f"{self._path}, calculation {self._frames + 1}: {len(positions)} positions for {len(self._species)}"
                " atoms, or no cell"
            )
        self._frames += 1
        interval = self._potim_fs if self._potim_fs and self._nblock == 1 else None
        return Frame(positions, cell, self._species, self._frames, md_interval_fs=interval)


def _vectors(structure: Element | None, path: str) -> np.ndarray:
    array = structure.find(path) if structure is not None else None
    if array is None:
        return NO_ATOMS
    words = " ".join(row.text or "" for row in array.iter("v")).split()
    try:
        return np.array([float(word) for word in words]).reshape(-1, 3)
    except ValueError as error:
        raise InputError(f"a coordinate of vasprun.xml is not a number: {error}") from error
