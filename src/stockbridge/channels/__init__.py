"""Where orders come from and availability goes: one folder per sales channel.

Room: DOOR.
In: bytes in the other side's words, and effects in ours.
Out: arrivals and events in our words; calls in theirs.
Never: a decision, the database, another door.
"""
