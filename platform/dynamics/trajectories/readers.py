"""Selection of the reader of a trajectory by its first bytes and its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from argyro.platform.common.errors import InputError
from argyro.platform.dynamics.trajectories.byte_source import open_bytes, read_block
from argyro.platform.dynamics.trajectories.formats.ase_trajectory import ULM, read_ase_trajectory
from argyro.platform.dynamics.trajectories.formats.dcd import MAGIC, read_dcd
from argyro.platform.dynamics.trajectories.formats.lammps_dump import read_lammps_dump
from argyro.platform.dynamics.trajectories.formats.outcar import read_outcar
from argyro.platform.dynamics.trajectories.formats.vasprun import read_vasprun
from argyro.platform.dynamics.trajectories.formats.xdatcar import read_xdatcar
from argyro.platform.dynamics.trajectories.formats.xyz import is_comment, read_xyz
from argyro.platform.dynamics.trajectories.frame import FORMATS, Frame, Frames, ReadOptions

Reader = Callable[[Path, ReadOptions], Frames]


def read_frames(path: Path, options: ReadOptions | None = None) -> Iterator[Frame]:
    """Yield the complete frames of a trajectory of any format.

    Raises:
        InputError: the file does not exist, has an unknown format or is damaged.
    """
    for frame in read_all(Path(path), options or ReadOptions()):
        if isinstance(frame, Frame):
            yield frame


def read_all(path: Path, options: ReadOptions) -> Frames:
    """Yield complete and torn frames; errors as for `read_frames`."""
    reader = find_reader(path)
    try:
        yield from reader(path, options)
    except InputError:
        raise
    except Exception as error:  # parsers raise many kinds of errors; all come from the file
        name = reader.__name__.removeprefix("read_")
        raise InputError(f"{path} is damaged or not a complete {name} file: {str(error)[:120]}") from error


def find_reader(path: Path) -> Reader:
    """Return the reader for a file.

    Raises:
        InputError: the file does not exist, is empty or has an unknown format.
    """
    with open_bytes(path) as stream:
        start = read_block(stream, 8192, path).removeprefix(b"\xef\xbb\xbf")
    if not start.strip(b"\0 \r\n\t"):
        raise InputError(f"{path} is empty; give a trajectory")
    lines, name = start.lstrip().splitlines(), path.name.upper()
    choices: tuple[tuple[bool, Reader], ...] = (
        (ULM in start[:16], read_ase_trajectory),
        (start[4:8] == MAGIC, read_dcd),
        (b"ITEM: " in start, read_lammps_dump),
        (lines[0].strip().isdigit() and any(is_comment(line + b"\n") for line in lines[1:2]), read_xyz),
        (lines[0].startswith(b"<?xml") or b"<modeling>" in start, read_vasprun),
        (b" vasp." in start[:200] or "OUTCAR" in name, read_outcar),
        ("XDATCAR" in name, read_xdatcar),
        (".XYZ" in name or ".EXTXYZ" in name or lines[0].strip().isdigit(), read_xyz),
        (b"configuration=" in start, read_xdatcar),
    )
    for fits, reader in choices:
        if fits:
            return reader
    raise InputError(f"{path} has no known trajectory format; use one of: {FORMATS}")
