"""The table of everything that stands on a board."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    Text,
    text,
)

from backend.db.base import (
    SQLITE,
    BigId,
    Exact,
    Instant,
    Json,
    metadata,
    one_of,
    pk,
    ref,
    times,
    unique_while,
    version,
)
from backend.db.models.pipelines import KINDS

STATES = ("waiting", "open", "won", "lost")

card = Table(
    "card",
    metadata,
    pk(),
    Column("kind", String(8), nullable=False),
    Column("external_id", String(128)),
    Column("title", String(255), nullable=False),
    Column("title_key", Exact, nullable=False),
    Column("pipeline_id", BigId, nullable=False),
    Column("stage_id", BigId, nullable=False),
    Column("state", String(8), nullable=False),
    Column("position", Exact, nullable=False),
    Column("amount", BigInteger, comment="minor units"),
    Column("currency", String(3), nullable=False),
    Column("probability", Integer, comment="per cent; NULL = the stage's"),
    ref("owner_id", "app_user.id"),
    ref("client_id", "client.id", nullable=True),
    ref("contact_id", "contact.id", nullable=True),
    Column("source", String(64)),
    Column("entered_at", Instant, comment="first entry into an open stage of this pipeline"),
    Column("stage_entered_at", Instant, nullable=False),
    Column("closed_at", Instant),
    Column("reason_id", BigId),
    Column("close_comment", Text),
    ref("lost_from_stage_id", "stage.id", nullable=True),
    Column("competitor", String(255)),
    Column("competitor_price", BigInteger, comment="minor units of the card's currency"),
    ref("other_card_id", "card.id", nullable=True),
    Column("next_contact_at", Instant),
    Column("touched_at", Instant, nullable=False, comment="last human activity"),
    ref("handed_over_by_id", "app_user.id", nullable=True),
    Column("handed_over_at", Instant),
    Column("custom", Json, nullable=False, server_default=text("'{}'")),
    Column("last_seq", Integer, nullable=False),
    version(),
    *times(),
    Column("deleted_at", Instant),
    ForeignKeyConstraint(
        ["pipeline_id", "kind"], ["pipeline.id", "pipeline.kind"], name="fk_card_pipeline_kind"
    ),
    ForeignKeyConstraint(
        ["stage_id", "pipeline_id"],
        ["stage.id", "stage.pipeline_id"],
        name="fk_card_stage_pipeline",
    ),
    ForeignKeyConstraint(
        ["reason_id", "pipeline_id"],
        ["reason.id", "reason.pipeline_id"],
        name="fk_card_reason_pipeline",
    ),
    one_of("kind", KINDS),
    one_of("state", STATES),
    CheckConstraint("length(title) > 0", name="title_given"),
    CheckConstraint("length(currency) = 3", name="currency_is_iso"),
    CheckConstraint("length(position) BETWEEN 1 AND 255", name="position_length"),
    CheckConstraint("probability BETWEEN 0 AND 100", name="probability_range"),
    CheckConstraint("(state IN ('won', 'lost')) = (closed_at IS NOT NULL)", name="closed_has_time"),
    CheckConstraint("(state = 'lost') = (reason_id IS NOT NULL)", name="lost_has_reason"),
    CheckConstraint("(state = 'lost') OR (lost_from_stage_id IS NULL)", name="lost_from_when_lost"),
    CheckConstraint(
        "state <> 'waiting' OR (kind = 'renewal' AND entered_at IS NULL)", name="only_renewals_wait"
    ),
    CheckConstraint("state = 'waiting' OR entered_at IS NOT NULL", name="entered_unless_waiting"),
    CheckConstraint("version >= 1 AND last_seq >= 1", name="counters_start_at_one"),
    unique_while("external_id", "card", ("kind", "external_id"), "external_id IS NOT NULL"),
    Index("uq_card_stage_position", "stage_id", "position", unique=True),
    Index("ix_card_client_id", "client_id"),
    Index("ix_card_kind_updated", "kind", "updated_at", "id"),
    Index(
        "ix_card_deleted",
        "id",
        sqlite_where=text("deleted_at IS NOT NULL"),
        postgresql_where=text("deleted_at IS NOT NULL"),
    ),
    **SQLITE,
)

# Lists begin with the largest amount and end with the cards that have none: PostgreSQL must be
# told, SQLite reads the same index backwards.
for _name, _columns in (
    ("ix_card_owner_stage_amount", (card.c.owner_id, card.c.stage_id)),
    ("ix_card_stage_amount", (card.c.stage_id,)),
):
    _down = (card.c.amount.desc().nulls_last(), card.c.id.desc())
    Index(_name, *_columns, *_down).ddl_if(dialect="postgresql")
    Index(_name, *_columns, card.c.amount, card.c.id).ddl_if(dialect="sqlite")

# What a board reads: the sums of a column from the index alone, what was closed newest first.
_COUNTED = ("kind", "owner_id", "client_id", "amount", "probability")
for _name, _key, _more, _while in (
    ("ix_card_board", ("stage_id", "currency"), (), "closed_at IS NULL AND deleted_at IS NULL"),
    (
        "ix_card_closed", ("stage_id", "closed_at", "id"), ("currency",),
        "closed_at IS NOT NULL AND deleted_at IS NULL",
    ),
):  # fmt: skip
    _include = [*_more, *_COUNTED]
    Index(
        _name, *(card.c[name] for name in _key),
        postgresql_include=_include, postgresql_where=text(_while),
    ).ddl_if(dialect="postgresql")  # fmt: skip
    Index(_name, *(card.c[name] for name in (*_key, *_include)), sqlite_where=text(_while)).ddl_if(
        dialect="sqlite"
    )
