"""What the house decides: pure functions over facts.

Room: DECIDE.
In: facts that the corridor loaded, and the moment, handed in.
Out: a decision: new state, effects to perform, reasons in words.
Never: input or output, a clock, randomness, a library outside the standard one.
"""
