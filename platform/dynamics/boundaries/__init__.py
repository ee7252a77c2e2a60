"""Diffusivity of a grain boundary from the run of its cell."""
