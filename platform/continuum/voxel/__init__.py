"""Voxel solver for wide grain boundaries."""
