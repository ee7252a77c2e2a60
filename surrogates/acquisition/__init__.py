"""Selection of the next runs by expected gain."""
