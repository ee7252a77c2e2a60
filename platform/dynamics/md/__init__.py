"""Molecular dynamics runs with LAMMPS."""
