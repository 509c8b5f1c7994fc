"""A company that never was: people, clients and eighteen months of sales, made by the domain."""
