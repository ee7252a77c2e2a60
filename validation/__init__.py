"""Comparison of campaign results with DFT, published theory and experiment for the validation page."""
