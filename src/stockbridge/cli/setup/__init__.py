"""Connections, mappings, people and settings, from the terminal.

Room: cli/setup.
In: names, files, answers to prompts.
Out: rows, arrivals, one-time links.
Never: decides about orders or stock.
"""
