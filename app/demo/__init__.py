"""The demonstration: a believable repair firm on the real streets of greater Porto, drawn from a seed."""
