"""Screening of Li argyrodite solid electrolytes as real polycrystals."""

__version__ = "0.1.0"
