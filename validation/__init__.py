"""What the platform's numbers are compared with: DFT, published theory, experiment; the pages that show it."""
