"""Argyrodite crystals: composition, lattice sites, site disorder, lithium."""
