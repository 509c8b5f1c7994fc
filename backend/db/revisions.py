"""Which migrations there are and where a database stands, without the tool that runs them.

A server asks this at every probe, and the tool would cost it a quarter of its start.
"""

from contextlib import suppress
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, inspect, text

ROOT = Path(__file__).resolve().parents[2]
NAME = "????_??_??_????"  # how a revision is called, and how its file's name begins


class Behind(Exception):
    """The database lacks migrations that this version relies on."""

    def __init__(self) -> None:
        super().__init__("The database is behind this version: run `voronka migrate` first")


def directory() -> Path:
    """The migrations: beside the packages in a checkout, inside this one when installed."""
    checkout = ROOT / "alembic"
    return checkout if (checkout / "env.py").is_file() else Path(__file__).parent / "migrations"


@cache
def known() -> tuple[str, ...]:
    """All revisions, oldest first."""
    files = (directory() / "versions").glob(f"{NAME}_*.py")
    return tuple(sorted(file.name[: len(NAME)] for file in files))


def missing(connection: Connection) -> list[str]:
    """The revisions that a database lacks, oldest first; ValueError where it has a later one."""
    if not inspect(connection).has_table("alembic_version"):
        return list(known())
    at = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return list(known()[known().index(at) + 1 :]) if at is not None else list(known())


def demand(connection: Connection) -> None:
    """Refuse a database that lacks a revision; one that is ahead keeps what this version needs."""
    with suppress(ValueError):
        if missing(connection):
            raise Behind
