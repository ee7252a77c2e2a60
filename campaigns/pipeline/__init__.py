"""Graph of work items: nodes of the stages, built from the campaign file and grown by results."""
