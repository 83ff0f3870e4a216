"""Twins: emulators of outside systems, good enough for strangers' clients.

Room: testing.
In: HTTP or in-process calls as the real system takes them, and a control API for what people do there.
Out: the real system's answers, webhooks and silences, plus a ledger for oracles.
Never: imports anything else of Stockbridge.
"""
