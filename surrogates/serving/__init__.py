"""Answer questions: Python, CSV tables, HTTP."""
