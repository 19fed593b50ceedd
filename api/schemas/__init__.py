"""What the API reads and writes, one file per resource."""
