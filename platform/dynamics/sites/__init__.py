"""Lithium sites, jumps, density and radial distribution."""
