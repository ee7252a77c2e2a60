"""Closed-loop active learning of a moment tensor potential."""
