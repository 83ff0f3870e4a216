"""The warehouse without its HTTP side: shelves, orders, parcels, cancellations, events on their way.

Room: testing.
In: what is asked of the warehouse, and its clock.
Out: orders, figures, events to carry, a ledger.
Never: a network, a wall clock, chance that is not drawn from the seed.
"""
