"""What leads, offers, deals and renewals have in common: they are cards and stand on boards.

- `kinds`: what the common code must know of a kind; `schemas`: the fields that all show and take
- `plans`: what a kind's rules are asked about a move, and what they answer
- `follow_ups`: what a move brings about elsewhere, as data; `moves` carries it out
- `facts`: what reports read of a card, folded from its stage events; `folding` does many at once
- `events`: what happened to a card; `history`: the same as it is told
- `columns`: the order of a column; `lists`: lists of cards; `subjects`: what tasks are about
"""
