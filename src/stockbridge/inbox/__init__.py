"""What arrives is written down, once, before anybody answers or understands it.

Room: inbox stores arrivals and hands them out, one subject at a time.
In: arrivals that a door has identified, from web, sweeps, receipts and people.
Out: rows in the table arrival, and a wake-up for each lane that got one.
Never: reads what a message means, or changes what it says.
"""
