"""Diffusivities from trajectories, with intervals and validity checks."""
