"""The one way in which a card changes its stage, is made, edited or taken back.

- a move: `moving` asks the rules of the card's kind (`kinds`), `executing` writes what they allow,
  `following_up` what follows from it, `terms` what that is in an agreement; `undoing` takes it back
  by what the history has `stored`
- a card: `creating` (`new_cards` is what every one begins with), `editing`, `references` (what a
  field names must exist for the caller), `batch` (several at once)
- a renewal: `renewing` (made, brought into work), `activating` (many at once), `rescheduling`,
  `refilling` (a repeat purchase puts it off), `winning_back` (after it was lost)
- `agreeing` writes agreements, `approving` is a head's consent to an offer
"""
