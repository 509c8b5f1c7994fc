"""What imports brought: the memory that tells a change of the source from one made here."""

from sqlalchemy import Column, String, Table

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
