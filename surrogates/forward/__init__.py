"""Forward model: simulated runs as observations of the diffusivities of materials and boundaries."""
