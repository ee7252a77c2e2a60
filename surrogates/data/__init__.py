"""Training data of the surrogate: observations, descriptors and graphs."""
