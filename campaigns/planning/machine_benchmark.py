"""Machine benchmark: core seconds of a short molecular dynamics run."""

from __future__ import annotations

import re
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ase import Atoms
from ase.io import write

from argyro.campaigns.pipeline.build_graph import build_graph
from argyro.campaigns.runtime.workspace import CampaignFolder
from argyro.campaigns.spec.schema import Campaign
from argyro.campaigns.workload.costs import ATOM_STEP_S, REFERENCE_CUTOFF_A, Costs
from argyro.platform.common.errors import ArgyroError

if TYPE_CHECKING:
    from argyro.platform.potential.mtp.model import MTP

LEVEL, CORE_S = 8, 0.7  # level of the potential, length of the run
WORTH_MEASURING_CORE_S = 600.0  # shorter campaigns use the constants


def campaign_costs(folder: CampaignFolder, campaign: Campaign) -> Costs:
    """Read the costs of a folder's machine, or measure them before the first run."""
    known = folder.costs()
    if known is not None:
        return known
    costs = Costs()
    if sum(node.cost_core_s for node in build_graph(campaign, costs).nodes.values()) > WORTH_MEASURING_CORE_S:
        with suppress(ArgyroError, OSError):  # a driver machine may lack lmp
            costs = measure_costs()
    folder.keep_costs(costs)
    return costs


def measure_costs() -> Costs:
    """Measure the core seconds of an MD step relative to the constants.

    Raises:
        ArgyroError: `lmp` does not run.
    """
    from argyro.platform.structures.crystal.bulk import build_bulk

    return Costs(slowness=_atom_step_s(build_bulk("Li6PS5Cl", 0.5, (2, 2, 1))) / ATOM_STEP_S[LEVEL])


def _atom_step_s(atoms: Atoms) -> float:
    """Measure the core seconds per step and atom of an untrained potential, whose cost is that of a trained one."""
    from argyro.platform.potential.mtp.model import MTP

    species = sorted(set(atoms.get_chemical_symbols()))
    mtp = MTP.untrained(species, LEVEL, REFERENCE_CUTOFF_A, 1.6)
    # wall-clock time: the CPU share is counted in ticks and may be zero in a short run
    trial_s, _ = _lammps_s(atoms, mtp, species, 20)
    steps = max(20, round(20 * CORE_S / trial_s))
    _, core_s = _lammps_s(atoms, mtp, species, steps)
    return core_s / steps / len(atoms)


def _lammps_s(atoms: Atoms, mtp: MTP, species: list[str], steps: int) -> tuple[float, float]:
    """Measure seconds and core seconds of the last run of an input, from LAMMPS' own clock and its share of a core."""
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
        # without forces, moving atoms would collide: the tiny step fixes them; lists are rebuilt as in a hot run
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
