"""Everything that is kept: SQL, migrations, and the PostgreSQL that runs when nobody names one.

Room: db keeps rows; it is the only place that contains SQL.
In: a connection and plain values from flow, inbox, outbox, web and cli.
Out: rows, counts, and errors whose message says what to do.
Never: decides anything, reads the environment, or opens a door to another system.
"""
