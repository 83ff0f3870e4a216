"""What other programs read and ask: the pages' nouns over REST, with a description of itself.

Room: web/api turns a program's request into the pages' own queries, and into what enters the inbox like a person's act.
In: HTTP with a token; the parts that the web room has.
Out: JSON, problem+json, the description in OpenAPI 3.1 (made from the same routes and shapes that answer).
Never: knows more about orders or stock than the pages do, or lets anybody in by a cookie.
"""
