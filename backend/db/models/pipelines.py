"""Pipelines, their stages and reasons: what an admin configures."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
    true,
)

from backend.db.base import (
    SQLITE,
    BigId,
    Instant,
    Json,
    metadata,
    one_of,
    pk,
    ref,
    unique_while,
    version,
)

KINDS = ("lead", "offer", "deal", "renewal")
STAGE_KINDS = ("holding", "open", "detour", "won", "lost")
REASON_USES = ("lost", "end", "reschedule")

pipeline = Table(
    "pipeline",
    metadata,
    pk(),
    Column("kind", String(8), nullable=False),
    Column("key", String(64), nullable=False, unique=True),
    Column("name_ru", String(128), nullable=False),
    Column("name_en", String(128), nullable=False),
    Column("position", Integer, nullable=False),
    Column("active", Boolean, nullable=False, server_default=true()),
    Column("renewal_on_win", String(8), comment="deals only"),
    Column("lead_time", String(8), comment="renewals only"),
    Column("approval_mode", String(16), comment="offers only"),
    Column("conversion_warning", Integer, server_default="50", comment="per cent; NULL = none"),
    version(),
    Column("updated_at", Instant, nullable=False),
    UniqueConstraint("id", "kind"),
    one_of("kind", KINDS),
    one_of("renewal_on_win", ("required", "offer", "off")),
    one_of("approval_mode", ("always", "over_limit", "never")),
    CheckConstraint(
        "(kind = 'deal') = (renewal_on_win IS NOT NULL)", name="renewal_on_win_for_deals"
    ),
    CheckConstraint("(kind = 'renewal') = (lead_time IS NOT NULL)", name="lead_time_for_renewals"),
    CheckConstraint(
        "(kind = 'offer') = (approval_mode IS NOT NULL)", name="approval_mode_for_offers"
    ),
    CheckConstraint("conversion_warning BETWEEN 1 AND 100", name="conversion_warning_range"),
    unique_while("one_for_offers", "pipeline", ("kind",), "kind = 'offer'"),
    **SQLITE,
)

stage = Table(
    "stage",
    metadata,
    pk(),
    ref("pipeline_id", "pipeline.id"),
    Column("key", String(64), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("position", Integer, nullable=False),
    Column("group_ru", String(64)),
    Column("group_en", String(64)),
    Column("name_ru", String(64), nullable=False),
    Column("name_en", String(64), nullable=False),
    Column("meaning_ru", Text, nullable=False, server_default=""),
    Column("meaning_en", Text, nullable=False, server_default=""),
    Column("instructions_ru", Text, nullable=False, server_default=""),
    Column("instructions_en", Text, nullable=False, server_default=""),
    Column("probability", Integer, nullable=False, comment="per cent"),
    Column("rot_days", Integer),
    Column("wip_limit", Integer),
    Column("required_fields", Json, nullable=False, server_default=text("'[]'")),
    Column("from_stages", Json, comment="keys; NULL = from anywhere"),
    Column("checklist", Json, nullable=False, server_default=text("'[]'")),
    Column("computes_renewal_date", Boolean, nullable=False, server_default=false()),
    ref("replaced_by_id", "stage.id", nullable=True),
    version(),
    Column("deleted_at", Instant),
    UniqueConstraint("id", "pipeline_id"),
    one_of("kind", STAGE_KINDS),
    CheckConstraint("probability BETWEEN 0 AND 100", name="probability_range"),
    CheckConstraint("rot_days > 0", name="rot_days_range"),
    CheckConstraint("wip_limit > 0", name="wip_limit_range"),
    unique_while("key", "stage", ("pipeline_id", "key"), "deleted_at IS NULL"),
    unique_while(
        "one_holding", "stage", ("pipeline_id",), "kind = 'holding' AND deleted_at IS NULL"
    ),
    **SQLITE,
)

reason = Table(
    "reason",
    metadata,
    pk(),
    ref("pipeline_id", "pipeline.id"),
    Column("use", String(16), nullable=False),
    Column("key", String(64), nullable=False),
    Column("position", Integer, nullable=False),
    Column("name_ru", String(128), nullable=False),
    Column("name_en", String(128), nullable=False),
    Column("group", String(8), nullable=False),
    Column("churn", String(16), comment="lost renewals only"),
    Column("ask", String(32), comment="the field that the choice demands or offers"),
    Column("ask_required", Boolean, nullable=False, server_default=false()),
    Column("limit_percent", Integer, comment="hundredths of a per cent"),
    Column("streak", Integer),
    Column("archived", Boolean, nullable=False, server_default=false()),
    version(),
    UniqueConstraint("pipeline_id", "use", "key"),
    UniqueConstraint("id", "pipeline_id"),
    one_of("use", REASON_USES),
    one_of('"group"', ("unfit", "refused", "later", "void", "unknown"), "group_known"),
    one_of("churn", ("stopped", "competitor", "no")),
    CheckConstraint("limit_percent BETWEEN 0 AND 10000", name="limit_percent_range"),
    CheckConstraint("streak > 0", name="streak_range"),
    Index("ix_reason_pipeline_id", "pipeline_id"),
    **SQLITE,
)

# To which roles a pipeline and its cards do not exist.
pipeline_closed = Table(
    "pipeline_closed",
    metadata,
    Column("pipeline_id", BigId, ForeignKey("pipeline.id"), primary_key=True, autoincrement=False),
    Column("role", String(16), ForeignKey("role.key"), primary_key=True),
)

# Where activation leads when it is not the pipeline's own first open stage.
activation_target = Table(
    "activation_target",
    metadata,
    Column("pipeline_id", BigId, ForeignKey("pipeline.id"), primary_key=True, autoincrement=False),
    ref("stage_id", "stage.id"),
)
