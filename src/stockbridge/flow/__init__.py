"""From what arrived to what follows: facts are loaded, the domain decides, everything is saved in one transaction.

Room: CORRIDOR.
In: arrivals, the clock's ticks, what people ask.
Out: new state, claims, effects to perform, journal lines, the finished arrival: together or not at all.
Never: a call to the outside inside a transaction; a decision (those are the domain's); a word of one door.
"""
