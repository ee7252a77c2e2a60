"""Models of ln D: Gaussian process, graph network, their parts and files."""
