"""The runs a campaign could make, their sizes, costs and resources."""
