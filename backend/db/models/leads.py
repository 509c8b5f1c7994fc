"""What is special to a lead."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    String,
    Table,
    Text,
    false,
)

from backend.db.base import BigId, metadata, one_of

lead = Table(
    "lead",
    metadata,
    Column("card_id", BigId, ForeignKey("card.id"), primary_key=True, autoincrement=False),
    Column("contact_name", String(255)),
    Column("company_name", String(255)),
    Column("phone", String(64)),
    Column("email", String(254)),
    Column("messenger", String(128)),
    Column("need", Text),
    Column("budget", BigInteger, comment="minor units of the card's currency"),
    Column("price_level_agreed", Boolean, nullable=False, server_default=false()),
    Column("temperature", String(8)),
    Column("grade", String(16)),
    Column("suspended_until", Date),
    one_of("temperature", ("cold", "warm", "hot")),
    one_of("grade", ("real", "potential", "likely", "unlikely", "archive")),
    CheckConstraint("budget >= 0", name="budget_range"),
)
