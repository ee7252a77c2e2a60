"""Reduced-basis model of the finite-element solution."""
