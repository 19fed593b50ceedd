"""How good a plan can be at most: a proven lower bound of its cost, by column generation over relaxed routes."""
