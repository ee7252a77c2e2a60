"""Stands for a committee of trained models: the reference potential, members that differ by a share of the force."""

from pathlib import Path

import numpy as np
from ase.calculators.calculator import all_changes

from argyro.platform.potential.mtp.ase_calculator import MTPCalculator
from argyro.platform.potential.mtp.model import MTP


class Committee(MTPCalculator):
    """Two members; the disagreement at an atom is `share` of the force on it."""

    def __init__(self, mtp: MTP, share: float):
        super().__init__(mtp)
        self.share = share

    def calculate(self, atoms=None, properties=("energy",), system_changes=all_changes):
        super().calculate(atoms, properties, system_changes)
        forces = self.results["forces"]
        self.results["forces_comm"] = np.stack([(1 - self.share) * forces, (1 + self.share) * forces])


def make(share: float) -> Committee:
    return Committee(MTP.read(Path(__file__).with_name("reference.mtp")), share)
