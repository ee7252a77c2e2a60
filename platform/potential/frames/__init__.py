"""Readers of structures and labels in files of other programs."""
