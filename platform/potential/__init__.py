"""Moment tensor potentials: basis, file, kernel, training, extrapolation grade."""
