"""Readers of trajectory formats, one file each."""
