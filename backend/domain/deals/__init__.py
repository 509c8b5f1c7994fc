"""Deals: sales in progress.

`purchases` says what a client has bought of a product, how fast he uses it up and what he holds.
"""
