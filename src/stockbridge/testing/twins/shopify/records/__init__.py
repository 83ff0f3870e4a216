"""What a shop consists of: plain records, no rules.

Room: the twin's own memory of a Shopify shop.
In: values handed over by the rules in ``model``.
Out: attributes that the GraphQL layer and the webhook payloads read.
Never: decides, looks at a clock, or talks to anyone.
"""
