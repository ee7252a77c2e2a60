"""The stages of a campaign and the graph they form."""
