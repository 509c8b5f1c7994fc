"""Cases that hang on the routes and not on the database: the two databases share them out."""

import os
from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")


def takes(dialect: str, number: int, of: int = 2) -> bool:
    """Whether this database takes a case; `make matrix` has both take all."""
    mine = dialect == "postgresql"
    return "MATRIX_WHOLE" in os.environ or number % of == mine


def share(dialect: str, cases: Iterable[T]) -> list[T]:
    """The half of the cases that this database takes."""
    return [case for number, case in enumerate(cases) if takes(dialect, number)]
