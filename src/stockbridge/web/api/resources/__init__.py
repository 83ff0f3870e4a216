"""One file per noun: its shapes, its handlers, its routes. A new noun is a file here and its name in web/api/table.py.

Room: resources say what a program may read and ask of one noun.
In: a call with its query and body as declared shapes, inside a transaction.
Out: a declared shape, or a refusal in one sentence.
Never: reads a request itself, or opens a transaction.
"""
