"""Models of ln D: Gaussian process and graph networks, with their files."""
