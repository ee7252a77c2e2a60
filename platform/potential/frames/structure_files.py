"""Reader of structures in all formats of ASE, MLIP .cfg and VASP ML_AB."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

from ase import Atoms

from argyro.platform.common.errors import InputError
from argyro.platform.potential.frames.label_keys import LabelKeys, adopt_labels
from argyro.platform.potential.frames.mlip_cfg import is_mlip_cfg, read_cfg
from argyro.platform.potential.frames.occupancy import require_full_occupancy, require_full_occupancy_in_cif
from argyro.platform.potential.frames.text_file import first_lines, open_text
from argyro.platform.potential.frames.vasp_convergence import converged_in_outcar, converged_in_vasprun
from argyro.platform.potential.frames.vasp_ml_ab import is_ml_ab, read_ml_ab

ACCEPTED = "extxyz, CIF, POSCAR, OUTCAR, vasprun.xml, ML_AB, MLIP .cfg, ASE .traj and .db, and the other formats of ASE"
_NO_STEP = (
    "{file} ends before its first complete ionic step (positions, forces and energy); give the OUTCAR of a run that "
    "got further"
)
_BINARY = (".traj", ".db", ".nc", ".h5", ".bundle")


@dataclass
class StructureSet:
    """The structures of some files.

    Attributes:
        frames: the structures; labels of the file are in a SinglePointCalculator.
        names: file and number of each structure for messages.
        notes: sentences on omitted, renamed or unusual data.
        left_out: number of omitted structures by reason.
    """

    frames: list[Atoms] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)


def read_structures(
    files: Sequence[Path], species: Sequence[str] | None = None, keys: LabelKeys | None = None
) -> StructureSet:
    """Read all structures of some files.

    Args:
        files: files of the accepted formats; text formats may be compressed by gzip, bzip2 or xz.
        species: chemical symbols for the species numbers of MLIP .cfg files.
        keys: names of the labels; frames without electronic convergence are then left out. None if no labels are
            needed.

    Raises:
        InputError: a file is missing or damaged, has no structure, or has partially occupied sites.
    """
    found = StructureSet()
    for file in files:
        _add(found, Path(file), species, keys)
    return found


def _add(found: StructureSet, file: Path, species: Sequence[str] | None, keys: LabelKeys | None) -> None:
    frames, converged = _read(file, species)
    unconverged = {place for place, well in enumerate(converged[: len(frames)]) if keys and not well}
    if not frames:
        raise InputError(f"{file} contains no structure")
    used: set[tuple[str, ...]] = set()
    clusters = 0
    for place, atoms in enumerate(frames):
        name = f"{file}, frame {place}"
        if not len(atoms):
            raise InputError(f"{name}: the structure contains no atoms")
        require_full_occupancy(file, atoms)
        if place in unconverged:
            continue
        if keys:
            used.add(adopt_labels(name, atoms, keys))
        clusters += bool(atoms.cell.rank == 3 and not atoms.pbc.any())
        found.frames.append(atoms)
        found.names.append(name)
    if len(converged) > len(frames):
        steps = "1 complete step is" if len(frames) == 1 else f"{len(frames)} complete steps are"
        found.notes.append(f"{file} is cut off: {steps} read, the incomplete last one is left out")
    _note(found, file, len(frames), len(unconverged), used - {()}, clusters)


def _note(
    found: StructureSet, file: Path, count: int, unconverged: int, used: set[tuple[str, ...]], clusters: int
) -> None:
    for keys in sorted(used):
        found.notes.append(f"{file}: labels taken from {', '.join(keys)}")
    if unconverged:
        found.left_out["unconverged"] = found.left_out.get("unconverged", 0) + unconverged
        found.notes.append(f"{file}: {unconverged} of {count} frames were left out; their electronic loop reached NELM")
    if clusters:
        found.notes.append(
            f'{file}: {clusters} of {count} frames have a lattice but pbc="F F F"; they are treated as clusters, '
            'without periodic images and without stress; set pbc="T T T" in the file for a crystal'
        )


def _read(file: Path, species: Sequence[str] | None) -> tuple[list[Atoms], list[bool]]:
    """Return the structures of one file and, for VASP, whether each step converged, even an unfinished last one."""
    if not file.exists():
        raise InputError(f"the file '{file}' does not exist")
    head = [] if file.suffix in _BINARY or file.is_dir() else first_lines(file, 60)
    outcar = "OUTCAR" in file.name or bool(head and re.match(r"\s*vasp\.\d", head[0]))
    try:
        if is_mlip_cfg(head):
            return read_cfg(file, species), []
        if is_ml_ab(head):
            return read_ml_ab(file), []
        if outcar:
            return _outcar_frames(file), converged_in_outcar(file)
        if any("<modeling>" in line for line in head):
            return _ase_frames(file, "vasp-xml"), converged_in_vasprun(file)
        if ".cif" in file.suffixes:
            require_full_occupancy_in_cif(file)
        return _ase_frames(file, None), []
    except InputError:
        raise
    except Exception as error:  # ASE's readers raise many kinds of errors
        reason = f"{error}".splitlines()[0][:200] if f"{error}" else type(error).__name__
        raise InputError(f"{file} cannot be read as structures: {reason}; use one of {ACCEPTED}") from error


def _outcar_frames(file: Path) -> list[Atoms]:
    """Read the complete ionic steps of an OUTCAR; a last line without its end may hold half a number.

    Raises:
        InputError: it ends before its first complete step.
    """
    from ase.io import read

    with open_text(file) as stream:
        lines = stream.readlines()
    if lines and not lines[-1].endswith("\n"):
        lines.pop()
    text = StringIO("".join(lines))
    text.name = str(file)  # ASE looks for a POSCAR beside it
    try:
        frames = read(text, index=":", format="vasp-out")
    except Exception as error:
        if sum("TOTAL-FORCE" in line for line in lines) > 1 or any("Total CPU time" in line for line in lines):
            raise
        raise InputError(_NO_STEP.format(file=file)) from error
    if not frames:
        raise InputError(_NO_STEP.format(file=file))
    return frames if isinstance(frames, list) else [frames]


def _ase_frames(file: Path, kind: str | None) -> list[Atoms]:
    from ase.db import connect
    from ase.io import read

    if file.suffix == ".db":  # ase.io omits key-value pairs and data, which may contain labels
        return [row.toatoms(add_additional_information=True) for row in connect(file).select()]

    frames = read(file, index=":", format=kind, do_not_split_by_at_sign=True)
    return frames if isinstance(frames, list) else [frames]
