"""How the graph makes the nodes of each stage."""
