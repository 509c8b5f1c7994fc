"""The change log, which other systems and open browsers follow: one row for each written record.

It is written in the transaction that writes the record; `changes` reads it for the outside.
"""
