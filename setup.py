"""Builds the C++ parts; everything else stands in pyproject.toml."""

from setuptools import setup

setup()
