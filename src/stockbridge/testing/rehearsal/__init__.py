"""A merchant's world that can be played through with nothing but this package: what `stockbridge demo` shows.

Room: testing. ``furniture`` is what the merchant has, ``stage`` brings it all up, ``story`` plays it, ``oracle`` judges by the
twins' own ledgers, ``traffic`` keeps it lively.
In: a seed.
Out: rows of what was expected and what was found.
Never: asks the product what is right; the oracle reads the twins only.
"""
