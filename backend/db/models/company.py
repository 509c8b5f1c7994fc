"""The company's own settings (one row) and the lists that an admin may extend."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Integer,
    String,
    Table,
    UniqueConstraint,
    false,
    text,
)

from backend.db.base import SQLITE, Instant, Json, metadata, one_of, pk, version

company = Table(
    "company",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", String(255), nullable=False, server_default=""),
    Column("time_zone", String(64), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("locale", String(8), nullable=False),
    Column("week_start", Integer, nullable=False),
    Column("sweep_hour", Integer, nullable=False),
    Column("grace_days", Integer, nullable=False),
    Column("offer_validity", String(8), nullable=False),
    Column("discount_limit", Integer, nullable=False, comment="hundredths of a per cent"),
    Column("margin_floor", Integer, nullable=False, comment="hundredths of a per cent"),
    Column("details", Json, nullable=False, server_default=text("'{}'")),
    Column("days_off", Json, nullable=False, server_default=text("'[]'")),
    Column("working_days", Json, nullable=False, server_default=text("'[]'")),
    Column(
        "consumption",
        Json,
        nullable=False,
        server_default=text("'{}'"),
        comment="by category of products: thousandths of a unit, and the period",
    ),
    version(),
    Column("updated_at", Instant, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
    CheckConstraint("sweep_hour BETWEEN 0 AND 23", name="sweep_hour_range"),
    CheckConstraint("week_start BETWEEN 1 AND 7", name="week_start_range"),
    CheckConstraint("grace_days >= 0", name="grace_days_range"),
    CheckConstraint("discount_limit BETWEEN 0 AND 10000", name="discount_limit_range"),
    CheckConstraint("margin_floor BETWEEN 0 AND 10000", name="margin_floor_range"),
    CheckConstraint("length(currency) = 3", name="currency_is_iso"),
    one_of("locale", ("ru", "en")),
)

LISTS = (
    "client_status", "client_segment", "client_delete_reason", "blacklist_reason", "grade",
    "temperature", "contact_type", "outcome", "source", "waiting_on", "relation",
)  # fmt: skip

choice = Table(
    "choice",
    metadata,
    pk(),
    Column("list", String(32), nullable=False),
    Column("key", String(64), nullable=False),
    Column("position", Integer, nullable=False),
    Column("name_ru", String(255), nullable=False),
    Column("name_en", String(255), nullable=False),
    Column("details", Json, nullable=False, server_default=text("'{}'")),
    Column("archived", Boolean, nullable=False, server_default=false()),
    version(),
    UniqueConstraint("list", "key"),
    one_of("list", LISTS),
    **SQLITE,
)
