"""Measures this machine in core seconds, so that its load matters little: molecular dynamics and a few labels."""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from ase import Atoms
from ase.io import write

from argyro.campaigns.spec.schema import Campaign
from argyro.campaigns.workload.costs import ATOM_STEP_S, LABEL_ATOM_S, Costs
from argyro.platform.common.errors import ArgyroError

MD_CORE_S = 0.7  # a level


def measure_costs(campaign: Campaign) -> Costs:
    """Speeds of this machine with the campaign's potential levels, cutoff and reference.

    A label of a density functional takes too long to try; there, and where the reference does not answer, the rough
    constant stands.
    """
    atoms = _cell(campaign)
    reference, steps = Costs(), {}
    for level in campaign.potential.levels:
        steps[level] = _atom_step_s(atoms, level, campaign.potential.cutoff_A)
    slowness = float(np.mean([steps[level] / reference.step_s(level) for level in steps]))
    scaled = {level: slowness * seconds for level, seconds in ATOM_STEP_S.items() if level not in steps}
    return Costs({**scaled, **steps}, _label_atom_s(campaign), _of_core(campaign, slowness))


def _of_core(campaign: Campaign, slowness: float) -> float:
    """The slowness of the machine; of the potential's own part, the cutoff's neighbours are taken out."""
    from argyro.campaigns.workload.costs import REFERENCE_CUTOFF_A

    return slowness * (REFERENCE_CUTOFF_A / campaign.potential.cutoff_A) ** 3


def _cell(campaign: Campaign) -> Atoms:
    from argyro.platform.structures.crystal.bulk import build_bulk

    material = campaign.materials[0]
    return build_bulk(material.composition, material.disorder, (2, 2, 1))


def _atom_step_s(atoms: Atoms, level: int, cutoff_A: float) -> float:
    """Core seconds of a step of an atom: untrained, the potential does all its work and returns no force."""
    from argyro.platform.potential.mtp.model import MTP

    species = sorted(set(atoms.get_chemical_symbols()))
    mtp = MTP.untrained(species, level, cutoff_A, 1.6)
    # by the clock: of so short a run the share of a core, counted in ticks, may read as nothing
    trial_s, _ = _lammps_s(atoms, mtp, species, 20)
    steps = max(20, round(20 * MD_CORE_S / trial_s))
    _, core_s = _lammps_s(atoms, mtp, species, steps)
    return core_s / steps / len(atoms)


def _lammps_s(atoms: Atoms, mtp, species: list[str], steps: int) -> tuple[float, float]:
    """Seconds and core seconds of the last run of an input, from LAMMPS' own clock and its share of a core."""
    from argyro.platform.potential.native.lammps_commands import (
        lammps_command,
        lammps_environment,
        lammps_pair_commands,
    )

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        mtp.write(folder / "probe.mtp")
        write(folder / "atoms.data", atoms, format="lammps-data", specorder=species, masses=True)
        pair = lammps_pair_commands("probe.mtp", species)
        # atoms that feel no force would fly into each other: they stand still, and lists are rebuilt as in a hot run
        motion = ["neigh_modify every 20 delay 0 check no", "timestep 1e-9", "fix 1 all nve", "run 3", f"run {steps}"]
        script = ["units metal", "read_data atoms.data", *pair, "neighbor 1.0 bin", *motion]
        (folder / "in.lammps").write_text("\n".join(script) + "\n")
        command = [*lammps_command(), "-in", "in.lammps", "-log", "none"]
        done = subprocess.run(command, cwd=folder, env=lammps_environment(), capture_output=True, text=True)
    loops, shares = re.findall(r"Loop time of (\S+)", done.stdout), re.findall(r"([\d.]+)% CPU use", done.stdout)
    if done.returncode or not loops or not shares:
        raise ArgyroError(f"lmp could not be timed: {(done.stdout + done.stderr)[-400:]}; try `argyro doctor`")
    seconds = max(float(loops[-1]), 1e-6)
    return seconds, max(seconds * min(float(shares[-1]), 100.0) / 100.0, 1e-6)


def _label_atom_s(campaign: Campaign) -> float | None:
    """Core seconds per atom of a label after the first; None where that is not to be had in seconds."""
    from argyro.campaigns.spec.label_source import reference
    from argyro.platform.labels.client import Labeller
    from argyro.platform.structures.crystal.bulk import build_bulk

    if campaign.labels.source not in LABEL_ATOM_S or campaign.labels.teacher is not None:
        return None
    material = campaign.materials[0]
    frames = [build_bulk(material.composition, material.disorder) for _ in range(3)]
    for seed, frame in enumerate(frames):
        frame.rattle(0.05, seed=seed)  # a reference that has just seen a frame answers from memory
    with Labeller(reference(campaign.labels.model_dump(mode="json"))) as labeller:
        (first,) = labeller.label(frames[:1])  # compiles and allocates
        warm_up_s = labeller.cpu_seconds_spent
        labeller.label(frames[1:])
        seconds = labeller.cpu_seconds_spent - warm_up_s
    atoms = sum(len(frame) for frame in frames[1:])
    return seconds / atoms if first.info["status"] == "converged" and seconds > 0 else None
