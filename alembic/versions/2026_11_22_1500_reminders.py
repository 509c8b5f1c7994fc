"""Reminder rules with those of the start, what they did, notifications; a ledger of two jobs.

Up adds the rules of the start, each with its texts in both languages.
"""

import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import op

from backend.db.base import BigId, Instant, Json

revision = "2026_11_22_1500"
down_revision = "2026_11_22_1440"
branch_labels = None
depends_on = None

SEED = Path(__file__).resolve().parents[1] / "seeds" / "2026_11_22_reminder_rules.toml"
AT = datetime(2026, 11, 22, 15, tzinfo=UTC)
JOB = "job IN ('renewals', 'reminders')"
COUNTING = {"sqlite_autoincrement": True}

ANCHORS = "'renewal_date', 'end_date', 'activation', 'stage_entered', 'created', 'closed', 'approval', 'valid_until', 'last_purchase', 'last_meeting', 'last_touch', 'next_contact', 'churned_on'"


def upgrade() -> None:
    with _ledger() as table:
        table.add_column(
            sa.Column("job", sa.String(length=16), server_default="renewals", nullable=False)
        )
        table.create_check_constraint(op.f("ck_sweep_run_job_known"), JOB)
    _rules()
    _firings()
    _failures()
    _notifications()
    op.bulk_insert(rule, [{**BLANK, **row, "scope": _scope(row)} for row in seeded()])


def _ledger() -> Any:
    """Built anew on SQLite, which would write added columns behind the text of the table."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    recreate = "always" if sqlite else "never"
    return op.batch_alter_table("sweep_run", recreate=recreate, table_kwargs=COUNTING)


def seeded() -> list[dict[str, Any]]:
    return tomllib.loads(SEED.read_text(encoding="utf-8"))["rule"]  # type: ignore[no-any-return]


def _scope(row: dict[str, Any]) -> str:
    return row["kind"] + (f" segment:{row['segment']}" if "segment" in row else "")


BLANK: dict[str, Any] = {
    "family": None, "segment": None, "version": 1, "created_at": AT, "updated_at": AT,
}  # fmt: skip
rule = sa.table(
    "reminder_rule",
    *map(sa.column, ("key", "scope", "active", "name_ru", "name_en", "kind", "anchor", "offset")),
    *map(sa.column, ("family", "segment", "version")),
    *(sa.column(name, Json) for name in ("while", "actions")),
    *(sa.column(name, Instant()) for name in ("created_at", "updated_at")),
)


def _rules() -> None:
    op.create_table(
        "reminder_rule",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column(
            "key", sa.String(length=64), nullable=False, comment="variants of one rule share it"
        ),
        sa.Column(
            "scope",
            sa.String(length=160),
            nullable=False,
            comment="kind, pipeline, product, segment in one text",
        ),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("name_ru", sa.String(length=128), nullable=False),
        sa.Column("name_en", sa.String(length=128), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("anchor", sa.String(length=16), nullable=False),
        sa.Column(
            "offset",
            sa.String(length=8),
            nullable=False,
            comment="-P7D is a week before the anchor",
        ),
        sa.Column("while", Json, nullable=False, comment="states, stages and conditions"),
        sa.Column("family", sa.String(length=16), nullable=True),
        sa.Column("pipeline_id", BigId, nullable=True),
        sa.Column("product_id", BigId, nullable=True),
        sa.Column("segment", sa.String(length=64), nullable=True),
        sa.Column("actions", Json, nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.Column("deleted_at", Instant(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('lead', 'offer', 'deal', 'renewal', 'client')",
            name=op.f("ck_reminder_rule_kind_known"),
        ),
        sa.CheckConstraint(f"anchor IN ({ANCHORS})", name=op.f("ck_reminder_rule_anchor_known")),
        sa.CheckConstraint(
            "family IN ('contact', 'invoice', 'payment', 'decision')",
            name=op.f("ck_reminder_rule_family_known"),
        ),
        sa.CheckConstraint(
            "length(name_ru) > 0 AND length(name_en) > 0",
            name=op.f("ck_reminder_rule_name_given"),
        ),
        sa.ForeignKeyConstraint(
            ["pipeline_id"], ["pipeline.id"], name=op.f("fk_reminder_rule_pipeline_id")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_reminder_rule_product_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder_rule")),
        sqlite_autoincrement=True,
    )
    _unique("reminder_rule", "scope", ["key", "scope"], "deleted_at IS NULL")


def _unique(table: str, name: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(
        f"uq_{table}_{name}", table, columns, unique=True, sqlite_where=where,
        postgresql_where=where,
    )  # fmt: skip


def _about(table: str) -> list[sa.schema.SchemaItem]:
    """The record that a row is about: a card or a client."""
    return [
        sa.Column("card_id", BigId, nullable=True),
        sa.Column("client_id", BigId, nullable=True),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], name=op.f(f"fk_{table}_card_id")),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f(f"fk_{table}_client_id")),
    ]


def _one_record(table: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(
        "(card_id IS NULL) <> (client_id IS NULL)", name=op.f(f"ck_{table}_is_about_one_record")
    )


def _firings() -> None:
    card, client, *keys = _about("reminder_firing")
    op.create_table(
        "reminder_firing",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("rule_id", BigId, nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        card,
        client,
        sa.Column(
            "wait",
            sa.Integer(),
            nullable=False,
            comment="a renewal's stay in the store; 0 = no term",
        ),
        sa.Column("anchor_on", sa.Date(), nullable=False),
        sa.Column(
            "due_on", sa.Date(), nullable=False, comment="the rule's day, however late it fired"
        ),
        sa.Column("fired_at", Instant(), nullable=False),
        sa.Column("run_id", BigId, nullable=True),
        sa.Column(
            "acted",
            sa.Boolean(),
            nullable=False,
            comment="false: a later rule of its family did",
        ),
        sa.Column("effects", Json, nullable=False, comment="[{what, id}]"),
        _one_record("reminder_firing"),
        sa.CheckConstraint("wait >= 0", name=op.f("ck_reminder_firing_wait_range")),
        sa.ForeignKeyConstraint(
            ["rule_id"], ["reminder_rule.id"], name=op.f("fk_reminder_firing_rule_id")
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["sweep_run.id"], name=op.f("fk_reminder_firing_run_id")
        ),
        *keys,
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder_firing")),
        sqlite_autoincrement=True,
    )
    _unique("reminder_firing", "term", ["card_id", "key", "wait"], "wait > 0")
    _unique("reminder_firing", "card", ["card_id", "key", "anchor_on"], "wait = 0")
    _unique("reminder_firing", "client", ["client_id", "key", "anchor_on"], "client_id IS NOT NULL")


def _failures() -> None:
    op.create_table(
        "reminder_failure",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        *_about("reminder_failure"),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("retry_at", Instant(), nullable=False),
        sa.Column("parked_at", Instant(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=False),
        _one_record("reminder_failure"),
        sa.CheckConstraint("failures >= 1", name=op.f("ck_reminder_failure_failures_range")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder_failure")),
        sqlite_autoincrement=True,
    )
    for name in ("card", "client"):
        _unique("reminder_failure", name, [f"{name}_id"], f"{name}_id IS NOT NULL")


def _notifications() -> None:
    card, client, *keys = _about("notification")
    op.create_table(
        "notification",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("user_id", BigId, nullable=False),
        sa.Column("text", sa.String(length=255), nullable=False),
        card,
        client,
        sa.Column("rule_id", BigId, nullable=True),
        sa.Column("rule_version", sa.Integer(), nullable=True),
        sa.Column("read_at", Instant(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.CheckConstraint("length(text) > 0", name=op.f("ck_notification_text_given")),
        sa.CheckConstraint(
            "(rule_id IS NULL) = (rule_version IS NULL)",
            name=op.f("ck_notification_rule_has_its_version"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["app_user.id"], name=op.f("fk_notification_user_id")),
        sa.ForeignKeyConstraint(
            ["rule_id"], ["reminder_rule.id"], name=op.f("fk_notification_rule_id")
        ),
        *keys,
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
        sqlite_autoincrement=True,
    )
    unread = sa.text("read_at IS NULL")
    op.create_index(
        "ix_notification_unread", "notification", ["user_id", "id"], sqlite_where=unread,
        postgresql_where=unread,
    )  # fmt: skip
    op.create_index("ix_notification_user_id", "notification", ["user_id", "id"])


def downgrade() -> None:
    for name in ("notification", "reminder_failure", "reminder_firing", "reminder_rule"):
        op.drop_table(name)
    op.execute("DELETE FROM sweep_run WHERE job <> 'renewals'")
    with _ledger() as table:
        table.drop_constraint(op.f("ck_sweep_run_job_known"), type_="check")
        table.drop_column("job")
