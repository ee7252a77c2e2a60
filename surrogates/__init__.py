"""Graph surrogate of ln D(structure, composition, T)."""
