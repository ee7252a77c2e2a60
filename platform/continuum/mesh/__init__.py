"""Conforming meshes of periodic polycrystals."""
