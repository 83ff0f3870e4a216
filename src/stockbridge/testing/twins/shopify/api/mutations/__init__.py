"""The mutations: arguments in, payloads with user errors out.

Room: the twin's front office.
In: coerced arguments and the request's context.
Out: payload dictionaries; changes are made by ``model``.
Never: decides what a change does to the rest of the shop.
"""
