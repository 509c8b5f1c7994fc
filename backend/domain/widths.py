"""How far a role reads and writes."""

from typing import Literal

# Nobody's records, one's own, those of one's teams, all.
Width = Literal["none", "own", "team", "all"]
