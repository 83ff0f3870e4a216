"""The Admin API: GraphQL text in, Shopify's JSON out.

Room: the twin's front office.
In: a GraphQL request of an app with a token, for one API version.
Out: data, errors in Shopify's shapes, cost and search extensions.
Never: changes a record itself (it calls ``model``), opens a socket, looks at a clock.
"""
