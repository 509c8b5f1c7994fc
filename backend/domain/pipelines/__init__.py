"""Pipelines with their stages and reasons: what an admin configures.

`queries` reads them as the rules see them, `shown` as the outside does; `stages` and `reasons`
write the parts, `ties` what a pipeline is tied to: closed roles, and where its renewals come into
work.
"""
