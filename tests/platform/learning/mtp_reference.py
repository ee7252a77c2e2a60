"""A reference that costs a millisecond: a potential learned from chgnet, standing beside this file."""

from pathlib import Path

from argyro.platform.potential.mtp.ase_calculator import MTPCalculator
from argyro.platform.potential.mtp.model import MTP


def make() -> MTPCalculator:
    return MTPCalculator(MTP.read(Path(__file__).with_name("reference.mtp")))
