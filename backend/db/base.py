"""Metadata, naming convention, column types and the helpers every table is built with."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    ColumnElement,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    func,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def instant(written: str) -> datetime:
    """What SQLite keeps, which names no zone; a page of cards has hundreds of them."""
    return datetime.fromisoformat(written + "+00:00")


def _instant(written: str | None) -> datetime | None:
    return None if written is None else instant(written)


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant on both databases; naive values are refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        return value.astimezone(UTC)

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """Nothing is to be done where the driver gives aware instants."""
        return None if dialect.name == "postgresql" else _instant


BigId = BigInteger().with_variant(Integer, "sqlite")
Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
# Order keys and case-folded texts compare by code point on both databases.
Exact = String().with_variant(String(collation="C"), "postgresql")

SQLITE: dict[str, Any] = {"sqlite_autoincrement": True}


def pk() -> Column[int]:
    """The integer primary key; numbers are never used twice."""
    return Column("id", BigId, primary_key=True, autoincrement=True)


def ref(name: str, target: str, *, nullable: bool = False, **options: Any) -> Column[int]:
    """A foreign key column."""
    return Column(name, BigId, ForeignKey(target, **options), nullable=nullable)


def version() -> Column[int]:
    """Counts the writes to a record; the ETag is made from it."""
    return Column("version", Integer, nullable=False, server_default=text("1"))


def times() -> tuple[Column[datetime], Column[datetime]]:
    """When the row was made and last written."""
    return Column("created_at", Instant, nullable=False), Column(
        "updated_at", Instant, nullable=False
    )


def consumption() -> tuple[Column[int], Column[str]]:
    """How much is used up within a period; both or neither is known."""
    return Column("consumption", BigInteger, comment="thousandths of a unit"), Column(
        "consumption_per", String(8)
    )


def consumption_is_whole() -> tuple[CheckConstraint, CheckConstraint]:
    """The checks of the two columns of a consumption."""
    whole = "(consumption IS NULL) = (consumption_per IS NULL)"
    return CheckConstraint("consumption > 0", name="consumption_range"), CheckConstraint(
        whole, name="consumption_has_period"
    )


def one_of(column: str, values: tuple[str, ...], name: str | None = None) -> CheckConstraint:
    """A check that a text column holds one of the given words (NULL passes)."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=name or f"{column}_known")


def unique_while(name: str, table: str, columns: tuple[str, ...], condition: str) -> Index:
    """A unique index over the rows that fulfil a condition, on both databases."""
    return Index(
        f"uq_{table}_{name}",
        *columns,
        unique=True,
        sqlite_where=text(condition),
        postgresql_where=text(condition),
    )


def in_one_text(column: ColumnElement[Any]) -> ColumnElement[str]:
    """The values of a column over some rows, parted by commas; NULL where there are no rows."""
    comma: Any = literal_column("','")  # written out: known before a statement is prepared
    return func.aggregate_strings(column, comma)
