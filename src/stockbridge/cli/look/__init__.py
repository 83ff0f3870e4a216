"""Looks into orders, stock, the inbox and what is parked; asks for a retry as a person would.

Room: cli/look.
In: names and numbers.
Out: tables or JSON, arrivals.
Never: decides about orders or stock.
"""
