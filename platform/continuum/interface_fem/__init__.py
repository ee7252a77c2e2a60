"""Finite elements with collapsed grain boundaries."""
