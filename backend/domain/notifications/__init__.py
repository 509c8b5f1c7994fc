"""What users are told.

`alerts` are notifications that are given once and are gone as soon as they hold no longer.
"""
