"""What is special to an offer: terms, lines, approval and revisions."""

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
    Text,
    UniqueConstraint,
    true,
)

from backend.db.base import SQLITE, BigId, Instant, Json, metadata, one_of, pk, ref

offer = Table(
    "offer",
    metadata,
    Column("card_id", BigId, ForeignKey("card.id"), primary_key=True, autoincrement=False),
    ref("lead_id", "lead.card_id", nullable=True),
    ref("deal_id", "deal.card_id", nullable=True),
    ref("renewal_id", "renewal.card_id", nullable=True),
    Column("discount_percent", Integer, nullable=False, comment="hundredths of a per cent"),
    Column("vat_included", Boolean, nullable=False, server_default=true()),
    Column("vat_total", BigInteger, nullable=False),
    Column("cost", BigInteger, comment="minor units; NULL = unknown"),
    Column("margin_percent", Integer, comment="hundredths of a per cent; NULL = unknown"),
    Column("payment_terms", Text),
    Column("delivery_days", Integer),
    Column("bonus", Text),
    Column("special_terms", Text),
    Column("valid_until", Date),
    Column("sent_at", Instant),
    Column("revision", Integer, nullable=False),
    Column("rework_count", Integer, nullable=False),
    Column("rework_note", Text, comment="what changed, as the last rework says"),
    Column("approval_status", String(16), nullable=False),
    ref("approval_by_id", "app_user.id", nullable=True),
    Column("approval_at", Instant),
    Column("approval_comment", Text),
    CheckConstraint("discount_percent BETWEEN 0 AND 10000", name="discount_percent_range"),
    CheckConstraint("delivery_days >= 0", name="delivery_days_range"),
    CheckConstraint("revision >= 1 AND rework_count >= 0", name="counters_range"),
    one_of("approval_status", ("none", "requested", "approved", "rejected")),
    # An accepted offer keeps its lead beside the deal that it opened.
    CheckConstraint(
        "renewal_id IS NULL OR (lead_id IS NULL AND deal_id IS NULL)", name="hangs_on_one_card"
    ),
    Index("ix_offer_lead_id", "lead_id"),
    Index("ix_offer_deal_id", "deal_id"),
    Index("ix_offer_renewal_id", "renewal_id"),
)

offer_line = Table(
    "offer_line",
    metadata,
    pk(),
    ref("offer_id", "offer.card_id"),
    Column("position", Integer, nullable=False),
    ref("product_id", "product.id", nullable=True),
    Column("description", Text, nullable=False),
    Column("quantity", BigInteger, nullable=False, comment="thousandths of a unit"),
    Column("unit", String(32)),
    Column("price", BigInteger, nullable=False, comment="minor units for one unit"),
    Column("discount_percent", Integer, nullable=False, comment="hundredths of a per cent"),
    Column("vat_rate", Integer, comment="hundredths of a per cent; NULL = no VAT"),
    Column("total", BigInteger, nullable=False, comment="minor units, after discount"),
    UniqueConstraint("offer_id", "position"),
    CheckConstraint("quantity > 0", name="quantity_range"),
    CheckConstraint("price >= 0", name="price_range"),
    CheckConstraint("discount_percent BETWEEN 0 AND 10000", name="discount_percent_range"),
    CheckConstraint("vat_rate BETWEEN 0 AND 10000", name="vat_rate_range"),
    **SQLITE,
)

offer_revision = Table(
    "offer_revision",
    metadata,
    pk(),
    ref("offer_id", "offer.card_id"),
    Column("revision", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    ref("by_id", "app_user.id", nullable=True),
    Column("note", Text),
    Column("content", Json, nullable=False, comment="the offer's terms and lines as they stood"),
    UniqueConstraint("offer_id", "revision"),
    **SQLITE,
)
