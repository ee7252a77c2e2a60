"""Extrapolation grades and the active set they refer to."""
