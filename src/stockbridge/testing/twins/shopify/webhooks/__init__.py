"""Webhooks as Shopify sends them: signed, late, repeated, out of order, sometimes not at all.

Room: the twin's postman. It decides what to send when; somebody else does the sending (``posts`` out, ``settle`` in).
In: topics and records from the rules, chaos knobs from the control API, outcomes of deliveries.
Out: signed HTTP posts, ledger entries for each attempt, subscriptions removed after too many failures.
Never: opens a socket.
"""
