"""Agreements: what a client holds and renews.

`files` holds the one file that an agreement may have.
"""
