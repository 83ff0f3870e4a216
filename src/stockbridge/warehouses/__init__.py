"""Where goods are: one folder per kind of warehouse system.

Room: DOOR.
In: bytes in the other side's words, and effects in ours.
Out: arrivals and events in our words; calls in theirs.
Never: a decision, the database, another door.
"""
