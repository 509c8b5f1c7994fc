"""Why cards are lost: shares, limits, streaks.

`streaks` finds who says one thing every time, `rails` what a reason would mean if it were chosen
now.
"""
