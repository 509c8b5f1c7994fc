"""Clients: companies and people that we sell to.

`names` finds them as people type them, `dealings` says what their cards tell about them: what they
are to us, since when they are gone, what they have paid.
"""
