"""Reader of the ionic steps of VASP's OUTCAR, frame by frame."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from argyro.platform.common.errors import InputError
from argyro.platform.dynamics.trajectories.byte_source import TextReader
from argyro.platform.dynamics.trajectories.elements import element_of, elements_of
from argyro.platform.dynamics.trajectories.formats.torn import refuse_overflow
from argyro.platform.dynamics.trajectories.frame import Frame, Frames, ReadOptions, TornFrame
from argyro.platform.dynamics.trajectories.number_rows import COMPLETE, NOT_A_NUMBER
from argyro.platform.dynamics.trajectories.sanity import to_fractional

TEMPERATURE = re.compile(rb"temperature\s+([\d.]+) K")
POTIM = re.compile(rb"POTIM\s*=\s*([\d.]+)")
COUNTS = re.compile(rb"ions per type =\s*([\d\s]+)")


def read_outcar(path: Path, options: ReadOptions) -> Frames:
    """Yield the frame of each ionic step, numbered from 1.

    Raises:
        InputError: the atoms have no names, or a coordinate is not a number.
    """
    with TextReader(path) as reader:
        yield from _Outcar(reader, options).frames()


class _Outcar:
    def __init__(self, reader: TextReader, options: ReadOptions):
        self._reader, self._options = reader, options
        self._names: dict[str, list[str]] = {"VRHFIN": [], "TITEL": [], "POTCAR:": []}
        self._counts: list[int] = []
        self._species: tuple[str, ...] = ()
        self._cell = np.zeros((0, 3))
        self._potim_fs: float | None = None
        self._steps = 0

    def frames(self) -> Frames:
        reader = self._reader
        pending: Frame | None = None
        while (line := reader.next_line()) is not None:
            if b"TOTAL-FORCE" in line and b"POSITION" in line:
                if pending is not None:
                    yield pending
                found_frame = self._read_frame()
                if isinstance(found_frame, TornFrame):
                    yield found_frame
                    pending = None
                else:
                    pending = found_frame
            elif b"direct lattice vectors" in line:
                rows = reader.next_rows(3, 3, (0, 1, 2), exact=False)
                self._cell = rows.values[: rows.read]
            elif pending is not None and b"temperature" in line and (found := TEMPERATURE.search(line)):
                yield _with_temperature(pending, float(found[1]))
                pending = None
            elif not self._steps:
                self._read_head(line)
        if pending is not None:
            yield pending
        if not self._steps:
            raise InputError(f"{reader.path} contains no ionic step (POSITION ... TOTAL-FORCE)")

    def _read_head(self, line: bytes) -> None:
        text = line.decode("latin-1")
        if (found := POTIM.search(line)) and self._potim_fs is None:
            self._potim_fs = float(found[1])
        elif found := COUNTS.search(line):
            self._counts = [int(word) for word in found[1].split()]
        elif "VRHFIN" in text:
            self._names["VRHFIN"].append(text.partition("=")[2].strip())
        elif "TITEL" in text or "POTCAR:" in text:
            words = text.split("=")[-1].split("POTCAR:")[-1].split()
            self._names["TITEL" if "TITEL" in text else "POTCAR:"].append(words[1] if len(words) > 1 else "")

    def _kinds(self) -> tuple[str, ...]:
        """Return the element of each type; OUTCAR lists the POTCARs twice in its header."""
        wanted, where = len(self._counts), str(self._reader.path)
        for names in (self._names["TITEL"], self._names["VRHFIN"], self._names["POTCAR:"]):
            if len(names) >= wanted > 0 and all(element_of(name) for name in names[:wanted]):
                return elements_of(names[:wanted], where)
        if len(self._options.elements) == wanted > 0:
            return self._options.elements
        raise InputError(
            f"{where} names no elements for its {wanted} types; give --elements, for instance --elements Li,P,S,Cl"
        )

    def _read_frame(self) -> Frame | TornFrame:
        reader = self._reader
        if not self._species:
            kinds = self._kinds()
            self._species = tuple(k for k, n in zip(kinds, self._counts, strict=True) for _ in range(min(n, 10**7)))
        reader.next_line()  # a line of dashes
        atoms, line = len(self._species), reader.line
        rows = reader.next_rows(atoms, 6, (0, 1, 2), exact=False)
        if self._cell.shape != (3, 3):
            raise InputError(f"{reader.path}, line {line}: the positions have no cell before them")
        fractional = to_fractional(rows.values[: rows.read], self._cell, f"{reader.path}, line {line}")
        if rows.status != COMPLETE:
            if rows.status == NOT_A_NUMBER:
                refuse_overflow(reader, f"ionic step {self._steps + 1}")
            return TornFrame(reader.line + 1, f"{rows.read} of {atoms} atoms", fractional, reader.ends())
        self._steps += 1
        return Frame(
            fractional, self._cell, self._species, self._steps, md_interval_fs=self._potim_fs or None, line=line
        )


def _with_temperature(frame: Frame, temperature_K: float) -> Frame:
    from dataclasses import replace

    return replace(frame, temperature_K=temperature_K)
