"""What a unit of work wants known outside after its commit: facts with ids, nothing more."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RecordChanged:
    """A record was written; listeners fetch it again with their own rights."""

    kind: str
    id: int


Effect = RecordChanged
