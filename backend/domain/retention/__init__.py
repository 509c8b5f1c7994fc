"""What became of renewals that fell due, and of the clients: rates of renewal and of churn.

`churn` says which clients have left, `year` which terms end in which month.
"""
