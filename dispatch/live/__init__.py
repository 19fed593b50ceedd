"""
The living day: what happens to a published plan, when technicians are expected then, and what to do about it.

``facts`` writes down what people tell, ``log`` what other rooms report, ``arrivals`` when everybody is expected because
of it. ``answers``, ``choices`` and ``advice`` compute, outside any transaction; what they found is written only if the
day is still the one they looked at.
"""
