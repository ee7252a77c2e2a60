"""Grain-boundary properties from runs of cells with boundaries."""
