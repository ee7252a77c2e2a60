"""Active learning of moment tensor potentials."""
