"""The rules of a Shopify shop: what a change does to everything else.

Room: the twin's state machine.
In: a ``World`` (records, a clock, seeded randomness) and what somebody wants.
Out: changed records, ledger entries, webhooks handed to ``world.emit``, user errors as values.
Never: does I/O, reads a wall clock, knows GraphQL or HTTP.
"""
