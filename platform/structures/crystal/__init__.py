"""Argyrodite crystals: composition, lattice sites, site disorder, Li placement."""
