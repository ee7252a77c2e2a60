"""Tables, exports and comparisons of finished campaigns."""
