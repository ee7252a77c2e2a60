"""Effective diffusivity of polycrystals from the surrogate's samples."""
