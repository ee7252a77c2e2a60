"""Fit a moment tensor potential to labelled frames."""
