"""Extrapolation grades and active sets of moment tensor potentials."""
