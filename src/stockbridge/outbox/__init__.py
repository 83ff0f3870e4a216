"""What is to be done outside: written down first, then performed, then proved.

Room: LEAVE.
In: effects that a decision asked for.
Out: calls through a door, and their outcome, booked as an arrival.
Never: a decision about stock or orders; a second call before the first one's outcome is known.
"""
