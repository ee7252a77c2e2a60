"""A Lennard-Jones crystal that calls a quarter of its atoms Li: a fast stand-in for an electrolyte."""

import numpy as np
from ase.build import bulk

from argyro.platform.dynamics.md.settings import MDSettings

PAIR = ["pair_style lj/cut 8.0", "pair_coeff * * 0.0103 3.4"]
SETTINGS = MDSettings(temperature_K=60.0, equilibrate_ps=2.0, production_ps=8.0, seed=1)


def crystal(cells=3):
    atoms = bulk("Ar", "fcc", a=5.4, cubic=True).repeat(cells)
    symbols = np.array(atoms.get_chemical_symbols())
    symbols[::4] = "Li"
    atoms.set_chemical_symbols(symbols)
    return atoms
