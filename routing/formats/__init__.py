"""Files: our JSON contract and public benchmark sets."""
