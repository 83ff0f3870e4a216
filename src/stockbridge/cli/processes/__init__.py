"""What runs for long: the pages, workers, and the small process that keeps both alive.

Room: cli/processes.
In: settings, signals.
Out: running processes, an exit code.
Never: decides about orders or stock.
"""
