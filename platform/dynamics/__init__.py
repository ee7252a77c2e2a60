"""Molecular dynamics and what is read from it: diffusivities with intervals."""
