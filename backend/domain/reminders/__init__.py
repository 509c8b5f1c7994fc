"""Reminder rules: what an admin has the product do, when, for which cards and agreements.

`checks` says what a rule has to be, `moments` where the moments of records stand in SQL, `due` whom
the rules hit on a day, `firings` what they did, `wording` how that is told.
"""
