"""Site disorder in equilibrium: mixing entropy, mean enthalpies from MD, hybrid Monte Carlo."""
