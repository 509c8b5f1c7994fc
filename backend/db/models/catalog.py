"""Products."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Integer,
    String,
    Table,
    false,
    text,
)

from backend.db.base import (
    SQLITE,
    Exact,
    Instant,
    Json,
    metadata,
    one_of,
    pk,
    times,
    unique_while,
    version,
)

REPLENISHMENTS = ("none", "fixed_term", "consumption")

product = Table(
    "product",
    metadata,
    pk(),
    Column("external_id", String(128)),
    Column("name", String(255), nullable=False),
    Column("name_key", Exact, nullable=False),
    Column("sku", String(64)),
    Column("category", String(128)),
    Column("unit", String(32)),
    Column("price", BigInteger),
    Column("cost", BigInteger),
    Column("currency", String(3), nullable=False),
    Column("vat_rate", Integer, comment="hundredths of a per cent; NULL = no VAT"),
    Column("stock", BigInteger, comment="thousandths of a unit"),
    Column("replenishment", String(16), nullable=False),
    Column("period", String(8)),
    Column("lead_time", String(8)),
    Column("archived", Boolean, nullable=False, server_default=false()),
    Column("custom", Json, nullable=False, server_default=text("'{}'")),
    version(),
    *times(),
    Column("deleted_at", Instant),
    CheckConstraint("length(name) > 0", name="name_given"),
    CheckConstraint("length(currency) = 3", name="currency_is_iso"),
    CheckConstraint("price >= 0", name="price_range"),
    CheckConstraint("cost >= 0", name="cost_range"),
    CheckConstraint("vat_rate BETWEEN 0 AND 10000", name="vat_rate_range"),
    one_of("replenishment", REPLENISHMENTS),
    unique_while("external_id", "product", ("external_id",), "external_id IS NOT NULL"),
    **SQLITE,
)
