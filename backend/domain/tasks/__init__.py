"""Tasks: what is to be done about a card or a client.

`steps` are the tasks that rules make: one card, one next step.
"""
