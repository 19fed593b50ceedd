"""
The living day: what happens to a published plan, when technicians are expected then, and what to do about it.

``facts`` writes down what happened, ``arrivals`` when everybody is expected because of it; both are light. What
computes (``answers``, ``choices``, ``advice``) brings the compiled planner along and is reached through ``doors``.
"""
