"""Adaptive selection of runs during a campaign."""
