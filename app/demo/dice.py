"""Chance that always falls the same way."""

import random


def dice(seed: int, topic: str) -> random.Random:
    """
    A source of chance of its own for each topic.

    Another draw in one topic leaves the others as they were: one more shop does not rename the technicians.
    """
    return random.Random(f"{seed} {topic}")  # noqa: S311 -- draws a demonstration, guards nothing
