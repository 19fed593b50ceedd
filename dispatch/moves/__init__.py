"""Visits moved by hand: what a move costs before it takes effect, making it, undoing it."""
