"""Choose runs while the campaign is running."""
