"""Checks for partially occupied sites in structure files."""

from __future__ import annotations

from pathlib import Path

from ase import Atoms

from argyro.platform.common.errors import InputError

_TOLERANCE = 1e-3
_OCCUPANCY, _GROUP = "_atom_site_occupancy", "_atom_site_disorder_group"


def require_full_occupancy(path: Path, frame: Atoms) -> None:
    """Refuse a structure with partially occupied or mixed sites.

    Args:
        path: file of the structure.
        frame: structure read by ASE, with occupancies in ``info["occupancy"]``.

    Raises:
        InputError: a site is partially occupied, or its occupancy is unknown.
    """
    sites = {str(site): dict(held) for site, held in (frame.info.get("occupancy") or {}).items()}
    partial = [
        held
        for held in sites.values()
        if len(held) > 1 or any(abs(share - 1.0) > _TOLERANCE for share in held.values())
    ]
    if partial:
        _refuse(path, "; ".join(sorted({_shown(held) for held in partial})[:3]))


def require_full_occupancy_in_cif(path: Path) -> None:
    """Refuse a CIF with unknown occupancies or disorder groups, which ASE ignores.

    Args:
        path: a CIF file.

    Raises:
        InputError: an occupancy is not a number, or sites belong to disorder groups.
    """
    from ase.io.cif import parse_cif

    for block in parse_cif(str(path)):
        if any(not isinstance(value, int | float) for value in block.get(_OCCUPANCY) or []):
            _refuse(path, f"{_OCCUPANCY} is '?' or another value that is not a number")
        groups = sorted({str(group) for group in block.get(_GROUP) or []} - {".", "?", "0"})
        if groups:
            _refuse(path, f"atoms belong to the disorder groups {', '.join(groups)}")


def _shown(held: dict[str, float]) -> str:
    return " + ".join(f"{share:g} {symbol}" for symbol, share in sorted(held.items())) + " on one site"


def _refuse(path: Path, reason: str) -> None:
    raise InputError(
        f"{path} has partially occupied sites ({reason}); a cell of whole atoms is required; order it first with "
        f"argyro structure {path}"
    )
