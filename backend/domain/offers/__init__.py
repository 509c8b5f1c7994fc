"""Commercial offers: lines, totals, approval, revisions.

`sources` says what a new offer takes over from the card that it hangs on.
"""
