"""Reminder rules, what they did for whom, what failed, and the notifications they give."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Index,
    Integer,
    String,
    Table,
    Text,
    text,
    true,
)

from backend.db.base import (
    SQLITE,
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
from backend.db.models.tasks import FAMILIES

SUBJECTS = ("lead", "offer", "deal", "renewal", "client")
ANCHORS = (
    "renewal_date", "end_date", "activation", "stage_entered", "created", "closed", "approval",
    "valid_until", "last_purchase", "last_meeting", "last_touch", "next_contact", "churned_on",
)  # fmt: skip

# Words of `while` that are neither a state nor a stage.
CONDITIONS = (
    "untouched", "consumption", "no_newer_purchase", "no_newer_offer", "no_open_card",
    "new_to_client",
)  # fmt: skip

reminder_rule = Table(
    "reminder_rule",
    metadata,
    pk(),
    Column("key", String(64), nullable=False, comment="variants of one rule share it"),
    Column(
        "scope", String(160), nullable=False, comment="kind, pipeline, product, segment in one text"
    ),
    Column("active", Boolean, nullable=False, server_default=true()),
    Column("name_ru", String(128), nullable=False),
    Column("name_en", String(128), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("anchor", String(16), nullable=False),
    Column("offset", String(8), nullable=False, comment="-P7D is a week before the anchor"),
    Column("while", Json, nullable=False, comment="states, stages and conditions"),
    Column("family", String(16)),
    ref("pipeline_id", "pipeline.id", nullable=True),
    ref("product_id", "product.id", nullable=True),
    Column("segment", String(64)),
    Column("actions", Json, nullable=False),
    version(),
    *times(),
    Column("deleted_at", Instant),
    one_of("kind", SUBJECTS),
    one_of("anchor", ANCHORS),
    one_of("family", FAMILIES),
    CheckConstraint("length(name_ru) > 0 AND length(name_en) > 0", name="name_given"),
    unique_while("scope", "reminder_rule", ("key", "scope"), "deleted_at IS NULL"),
    **SQLITE,
)

# One row for each rule and term, whatever the rule did: it never fires twice.
reminder_firing = Table(
    "reminder_firing",
    metadata,
    pk(),
    ref("rule_id", "reminder_rule.id"),
    Column("rule_version", Integer, nullable=False),
    Column("key", String(64), nullable=False),
    ref("card_id", "card.id", nullable=True),
    ref("client_id", "client.id", nullable=True),
    Column("wait", Integer, nullable=False, comment="a renewal's stay in the store; 0 = no term"),
    Column("anchor_on", Date, nullable=False),
    Column("due_on", Date, nullable=False, comment="the rule's day, however late it fired"),
    Column("fired_at", Instant, nullable=False),
    ref("run_id", "sweep_run.id", nullable=True),
    Column("acted", Boolean, nullable=False, comment="false: a later rule of its family did"),
    Column("effects", Json, nullable=False, comment="[{what, id}]"),
    CheckConstraint("(card_id IS NULL) <> (client_id IS NULL)", name="is_about_one_record"),
    CheckConstraint("wait >= 0", name="wait_range"),
    unique_while("term", "reminder_firing", ("card_id", "key", "wait"), "wait > 0"),
    unique_while("card", "reminder_firing", ("card_id", "key", "anchor_on"), "wait = 0"),
    unique_while(
        "client", "reminder_firing", ("client_id", "key", "anchor_on"), "client_id IS NOT NULL"
    ),
    **SQLITE,
)

# Whoever's reminders could not be given: tried again ever later, parked so that somebody looks.
reminder_failure = Table(
    "reminder_failure",
    metadata,
    pk(),
    ref("card_id", "card.id", nullable=True),
    ref("client_id", "client.id", nullable=True),
    Column("failures", Integer, nullable=False),
    Column("retry_at", Instant, nullable=False),
    Column("parked_at", Instant),
    Column("last_error", Text, nullable=False),
    CheckConstraint("(card_id IS NULL) <> (client_id IS NULL)", name="is_about_one_record"),
    CheckConstraint("failures >= 1", name="failures_range"),
    unique_while("card", "reminder_failure", ("card_id",), "card_id IS NOT NULL"),
    unique_while("client", "reminder_failure", ("client_id",), "client_id IS NOT NULL"),
    **SQLITE,
)

notification = Table(
    "notification",
    metadata,
    pk(),
    ref("user_id", "app_user.id"),
    Column("text", String(255), nullable=False),
    ref("card_id", "card.id", nullable=True),
    ref("client_id", "client.id", nullable=True),
    ref("rule_id", "reminder_rule.id", nullable=True),
    Column("rule_version", Integer),
    Column("alert", String(160), comment="the limit or streak it tells of, once to each head"),
    Column("report", Json, comment="the report behind an alert, and its filters"),
    Column("withdrawn_at", Instant, comment="an alert that holds no longer"),
    Column("read_at", Instant),
    version(),
    *times(),
    CheckConstraint("length(text) > 0", name="text_given"),
    CheckConstraint("(rule_id IS NULL) = (rule_version IS NULL)", name="rule_has_its_version"),
    CheckConstraint("(alert IS NULL) = (report IS NULL)", name="alert_has_its_report"),
    CheckConstraint("withdrawn_at IS NULL OR alert IS NOT NULL", name="alerts_are_withdrawn"),
    unique_while("alert", "notification", ("alert", "user_id"), "alert IS NOT NULL"),
    Index(
        "ix_notification_unread",
        "user_id",
        "id",
        sqlite_where=text("read_at IS NULL"),
        postgresql_where=text("read_at IS NULL"),
    ),
    Index("ix_notification_user_id", "user_id", "id"),
    **SQLITE,
)
