"""The durable engine (DESIGN D3): it runs the jobs of the lanes, and outlives the death of any process.

Room: the engine runs jobs; the other rooms know it as ports.Engine. Only this package imports dbos.
In: wakes in a caller's transaction; handlers, schedules and a question "which lanes are due?" from wiring.
Out: calls of the handlers, one at a time per lane; a list of the lanes in trouble.
Never: reads or decides anything about orders or stock, or keeps state that a person would ask for.
"""
