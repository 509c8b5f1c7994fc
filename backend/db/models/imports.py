"""What came from files: what is remembered so that it is known when it comes again."""

from sqlalchemy import Column, ForeignKey, Index, String, Table

from backend.db.base import BigId, Instant, Json, metadata, one_of

RECORDS = ("team", "user", "product", "client", "contact", "lead", "deal", "renewal")

imported_record = Table(
    "imported_record",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("record_id", BigId, primary_key=True, autoincrement=False),
    Column(
        "fields",
        Json,
        nullable=False,
        comment="by field: a digest of what the source said, one of what stood here after it",
    ),
    Column("imported_at", Instant, nullable=False),
    one_of("kind", RECORDS),
)

loaded_card = Table(
    "loaded_card",
    metadata,
    Column("card_id", BigId, ForeignKey("card.id"), primary_key=True, autoincrement=False),
    Column("digest", String(12), nullable=False, comment="of the row that the card was made of"),
    Index("ix_loaded_card_digest", "digest"),
)
