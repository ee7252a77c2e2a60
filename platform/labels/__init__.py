"""Labels: reference energies, forces and stresses from worker processes."""
