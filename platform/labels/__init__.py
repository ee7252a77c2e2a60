"""Reference energies, forces and stresses from worker processes."""
