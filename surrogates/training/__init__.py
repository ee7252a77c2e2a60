"""Training of the surrogate and its accuracy."""
