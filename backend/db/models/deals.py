"""What is special to a deal, and its product lines."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    false,
    text,
)

from backend.db.base import (
    SQLITE,
    BigId,
    consumption,
    consumption_is_whole,
    metadata,
    pk,
    ref,
)

deal = Table(
    "deal",
    metadata,
    Column("card_id", BigId, ForeignKey("card.id"), primary_key=True, autoincrement=False),
    Column("expected_close_on", Date),
    Column("start_on", Date, comment="first day of the term; NULL = the day of the win"),
    Column("renewal_date", Date),
    Column("renewal_date_computed", Boolean, nullable=False, server_default=false()),
    Column("renewal_period", String(8)),
    Column("one_off", Boolean, nullable=False, server_default=false()),
    ref("win_back_of", "card.id", nullable=True),
    CheckConstraint(
        "NOT one_off OR (renewal_date IS NULL AND renewal_period IS NULL)",
        name="one_off_does_not_renew",
    ),
    CheckConstraint(
        "NOT renewal_date_computed OR renewal_date IS NOT NULL", name="computed_is_a_date"
    ),
    Index(
        "ix_deal_win_back_of",
        "win_back_of",
        sqlite_where=text("win_back_of IS NOT NULL"),
        postgresql_where=text("win_back_of IS NOT NULL"),
    ),
)

deal_line = Table(
    "deal_line",
    metadata,
    pk(),
    ref("deal_id", "deal.card_id"),
    Column("position", Integer, nullable=False),
    ref("product_id", "product.id"),
    Column("quantity", BigInteger, nullable=False, comment="thousandths of a unit"),
    Column("unit", String(32)),
    Column("price", BigInteger, nullable=False, comment="minor units for one unit"),
    *consumption(),
    UniqueConstraint("deal_id", "position"),
    CheckConstraint("quantity > 0", name="quantity_range"),
    CheckConstraint("price >= 0", name="price_range"),
    *consumption_is_whole(),
    **SQLITE,
)
