"""What the graph of a campaign is made of: a file for each part, with the inputs and parents of its work items."""
