"""A reference that costs a millisecond: a potential learned from chgnet, beside this file, or another."""

from pathlib import Path

from argyro.platform.potential.mtp.ase_calculator import MTPCalculator
from argyro.platform.potential.mtp.model import MTP


def make(mtp: str = "") -> MTPCalculator:
    return MTPCalculator(MTP.read(Path(mtp) if mtp else Path(__file__).with_name("reference.mtp")))
