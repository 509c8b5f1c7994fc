"""What happened with a client or a card as one line of time.

`queries` joins the histories of a client's cards for REST, `moments` reads what a page shows.
"""
