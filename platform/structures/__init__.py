"""Argyrodite cells and grain boundaries, right by construction."""
