"""What became of renewals that fell due, and of the clients: rates of renewal and of churn."""
