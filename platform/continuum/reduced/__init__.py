"""Reduced basis of the finite-element model."""
