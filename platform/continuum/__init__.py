"""Effective diffusivity of the polycrystal from bulk and grain-boundary diffusivity."""
