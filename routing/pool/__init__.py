"""
The best plan that can be put together from routes that searches have seen: set partitioning.

Every visit is on one of the chosen routes or left out at its price, no shift has two routes, and no depot hands out
more than it has, whatever vans it goes to. Two steps: GLOP finds prices of visits, shifts and scarce parts at which
fractions of routes make the cheapest plan (``prices``); CP-SAT then chooses whole routes (``choice``, ``supply``) among
those that look best at these prices. A thousand of tens of thousands are enough, as what is far too dear at the right
prices is hardly ever part of the best plan.
"""
