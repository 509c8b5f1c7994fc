"""Renewals: the terms of agreements, which wait until they come into work.

`terms` reads what the rules must know of renewals that move, `passport` the chain of an agreement,
`preview` what the sweeps to come will do.
"""
