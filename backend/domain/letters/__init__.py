"""Letters to clients: an outbox that the worker empties.

`wording` fills the templates in.
"""
