"""Choose the next runs by expected gain."""
