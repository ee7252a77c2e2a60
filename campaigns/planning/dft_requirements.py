"""Check what a DFT code will need: its program, MPI ranks that the cores hold, pseudopotentials."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import tempfile
from pathlib import Path

from argyro.campaigns.spec.label_source import reference
from argyro.campaigns.spec.schema import Campaign
from argyro.campaigns.workload.item_resources import LABELLING, item_resources
from argyro.platform.labels.references import ENGINES
from argyro.platform.structures.crystal.composition import Composition

RANKS = re.compile(r"(?:^|\s)(?:-n|-np|--np|--ntasks)[ =]?(\d+)(?=\s|$)")
LAUNCHERS = ("mpirun", "mpiexec", "mpiexec.hydra", "srun", "aprun", "jsrun")
PSEUDOPOTENTIAL_FOLDER = "VASP_PP_PATH"


def dft_lacking(campaign: Campaign) -> list[str]:
    """List missing requirements of a DFT reference; nothing is started."""
    source = reference(campaign.labels.model_dump(mode="json"))
    engine = ENGINES.get(source.source)
    if engine is None or engine.program is None:
        return []
    command = engine.program(source.kwargs)
    found = _program(source.source, command) + _ranks(campaign, command)
    if source.source == "vasp":
        found += _potcars(campaign, source.kwargs)
    if source.source == "espresso" and "pseudopotentials" not in source.kwargs:
        found.append(
            "labels.source espresso has no pseudopotentials; name them in kwargs.pseudopotentials, or write a factory "
            "(docs/dft.md)"
        )
    return found


def ranks_of(command: str) -> int | None:
    """Read the number of MPI ranks of a command such as ``mpirun -np 32 vasp_std``; None if it states none."""
    found = RANKS.search(command)
    return int(found.group(1)) if found and command.split()[0].rpartition("/")[2] in LAUNCHERS else None


def _program(source: str, command: str) -> list[str]:
    """Look for the program behind a launcher; that of a plain command is checked with the reference."""
    words = shlex.split(command)
    if len(words) < 2 or words[0].rpartition("/")[2] not in LAUNCHERS or shutil.which(words[-1]):
        return []
    return [
        f"labels.source {source}: {words[-1]} is not on the PATH of this machine; load its module before the run "
        "(compute nodes may have it)"
    ]


def _ranks(campaign: Campaign, command: str) -> list[str]:
    ranks, cores = ranks_of(command), item_resources(campaign, LABELLING[0]).cpu
    if ranks is None or ranks <= cores:
        return []
    return [
        f"labels.kwargs.command starts {ranks} MPI ranks, but resources reserve {cores} core{'s' * (cores > 1)}; "
        f"write resources: {{labels: {ranks}}}"
    ]


def _potcars(campaign: Campaign, kwargs: dict) -> list[str]:
    """List the elements without a POTCAR, as ASE looks for them."""
    from ase import Atoms

    folder = os.environ.get(PSEUDOPOTENTIAL_FOLDER)
    if not folder or not Path(folder).is_dir():
        stated = f"{folder} does not exist" if folder else "is not set"
        return [f"{PSEUDOPOTENTIAL_FOLDER} {stated}; export the folder that holds potpaw_PBE"]
    elements = sorted({each for one in campaign.materials for each in Composition.parse(one.composition).elements})
    missing = []
    with tempfile.TemporaryDirectory() as scratch:
        for element in elements:
            try:
                ENGINES["vasp"].build(kwargs, Path(scratch)).initialize(Atoms(element))
            except RuntimeError:  # of ASE: no POTCAR
                missing.append(element)
    if not missing:
        return []
    return [
        f"{PSEUDOPOTENTIAL_FOLDER} {folder} holds no POTCAR of {', '.join(missing)}; add them, or set kwargs.setups"
    ]
