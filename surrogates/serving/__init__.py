"""Service of the surrogate: Python, CSV tables, HTTP."""
