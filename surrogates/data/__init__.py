"""Observations, descriptors and graphs that the surrogate learns from."""
