"""Grain-boundary cells: coincidence-site lattices, bicrystals, rigid translations."""
