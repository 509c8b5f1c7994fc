"""Users and teams, and how they sign in.

- `teams`, `tokens` (of the API), `sessions` (of browsers; `sign_in` is the way to one), `passwords`
- `owners`: to whom a new record belongs; `recipients`: to whom one may be handed over;
  `belongings`: what a user has to look after
"""
