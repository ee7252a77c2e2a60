"""Compare results with DFT, published theory and experiment, and write the validation page."""
