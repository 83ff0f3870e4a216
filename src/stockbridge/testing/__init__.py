"""Stand-ins for the outside world, used by the demo, the tests and the simulation.

Room: the shed beside the house: twins, fakes, contract suites, faults, simulation.
In: a seed, a clock, and what a test or the demo asks for.
Out: systems that behave like the real ones, with ledgers of what really happened.
Never: imports a door, the domain or the wiring: a twin must not share the mistakes of what it tests.
"""
