"""Moment tensor potentials: model, basis, file format, ASE calculator."""
