"""What people see and ask, and the one public endpoint through which other systems speak.

Room: web turns requests into pages, into arrivals, and into what a person asks for.
In: HTTP, and the parts that whoever starts it hands over (web/parts.py).
Out: pages, and rows in the inbox; what a person asks for goes there too.
Never: decides about orders or stock, names a door, or reads the environment.
"""
