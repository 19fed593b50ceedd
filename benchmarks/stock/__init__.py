"""The stock room under load, and at the size of a large firm: `make bench-stock`."""
