"""A whole shop compared at once, by a snapshot of all its levels: what is plainly in step is never read by itself.

Room: CORRIDOR. The way of the data: ``stage`` (a sweep of everything orders the snapshot, awaits it, and keeps the list of levels that
it still has to read) → ``files`` (where the snapshot lies meanwhile) → ``known`` (what we know of the shop, and what no snapshot can
judge) → ``compare`` (both sides, by several processes, ``hands``, piece by piece, ``pieces``).
In: a run, the shop's levels as a file, figures, claims and what was last seen.
Out: the list of levels that are read exactly and judged page by page, like those of every smaller sweep (flow/comparing.py).
Never: a number to write. A snapshot is minutes old: it decides what is looked at.
"""
