"""Ordered cells of crystals with partial occupancies: CIF reading, charge balance, supercell choice, ion placement."""
