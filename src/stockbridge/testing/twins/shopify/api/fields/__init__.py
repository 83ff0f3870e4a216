"""How each GraphQL field is read off the records.

Room: the twin's front office.
In: a record, arguments, the request's context.
Out: values, records, pages.
Never: changes anything.
"""
