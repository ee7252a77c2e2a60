"""The moment tensor potential: model, basis, file format, ASE calculator."""
