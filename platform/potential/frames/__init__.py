"""Read structures and labels from the files of other programs."""
