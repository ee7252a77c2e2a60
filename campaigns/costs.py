"""What items cost: expected core seconds, from the sizes asked for and the speed of this machine."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil

from argyro.campaigns.spec import Campaign, Labels, Potential

# Core seconds per atom and label, LABELS of docs/labels.md; the two DFT figures are for plane waves at the Γ point.
LABEL_CORE_S_PER_ATOM = {"chgnet": 0.004, "sevennet": 0.037, "mace": 0.02, "ase": 0.02}
DFT_CORE_S_PER_ATOM = 2.0
FRAME_BYTES_PER_ION = 12
LI_SHARE = 6 / 13
ATOMS_PER_CELL = 52
# A boundary cell of Σ5 is 2.5 conventional cells across, and each of its two grains some layers of a nanometre thick.
BOUNDARY_AREA_CELLS = 2.5
LAYER_NM = 1.0
LABELLED_ATOMS = 100.0


@dataclass(frozen=True)
class Costs:
    """Core seconds per unit of work.

    Args:
        atom_step_s: of one MD step of one atom with the campaign's potential.
        label_scale: this machine's label time over the constants above.
        surrogate: of one training.
        microstructure: mesh and reduced basis.
        homogenization: one map over temperatures and grain sizes.
    """

    atom_step_s: float = 2.5e-6
    label_scale: float = 1.0
    surrogate: float = 30.0
    microstructure: float = 30.0
    homogenization: float = 10.0

    def atoms(self, campaign: Campaign, boundary: str) -> float:
        """Expected number of atoms of an MD cell."""
        if boundary == "bulk":
            x, y, z = campaign.structures.supercell
            return ATOMS_PER_CELL * x * y * z
        layers = ceil(campaign.structures.min_grain_thickness_nm / LAYER_NM)
        return ATOMS_PER_CELL * BOUNDARY_AREA_CELLS * 2 * layers

    def dynamics(self, campaign: Campaign, boundary: str) -> float:
        """Of one MD run."""
        steps = 1e3 * (campaign.md.equilibrate_ps + campaign.md.production_ps) / campaign.md.timestep_fs
        return steps * self.atoms(campaign, boundary) * self.atom_step_s

    def learning(self, potential: Potential, labels: Labels) -> float:
        """Of one family: labels, and about as much again for exploration and refitting."""
        per_atom = LABEL_CORE_S_PER_ATOM.get(labels.source, DFT_CORE_S_PER_ATOM) * self.label_scale
        refits = 10.0 * len(potential.levels) * potential.max_rounds
        return potential.max_labels * LABELLED_ATOMS * per_atom + refits

    def disk_GB(self, campaign: Campaign, boundary: str) -> float:
        """Trajectory of one MD run."""
        frames = 1e3 * campaign.md.production_ps / campaign.md.frame_every_fs
        return frames * self.atoms(campaign, boundary) * LI_SHARE * FRAME_BYTES_PER_ION / 1e9

    def memory_GB(self, campaign: Campaign, boundary: str) -> float:
        """Of one MD run: neighbour lists dominate, some 5 kB an atom, beside the program itself."""
        return 0.3 + 5e-6 * self.atoms(campaign, boundary)


def measured_costs(campaign: Campaign) -> Costs:
    """Costs with the MD speed of this machine, from about a second of the potential's kernel at the highest level."""
    import time

    from argyro.platform.potential.potential import MTP
    from argyro.platform.structures.argyrodite import build_bulk

    material = campaign.materials[0]
    atoms = build_bulk(material.composition, material.disorder)
    species = tuple(sorted(set(atoms.get_chemical_symbols())))
    mtp = MTP.untrained(species, max(campaign.potential.levels), campaign.potential.cutoff_A, 1.5)
    mtp.evaluate(atoms)
    started, repeats = time.perf_counter(), 0
    while time.perf_counter() - started < 1.0:
        mtp.evaluate(atoms)
        repeats += 1
    return replace(Costs(), atom_step_s=(time.perf_counter() - started) / repeats / len(atoms))
