"""Letters to clients: an outbox, and two rules that write them, off at the start."""

import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import op

from backend.db.base import BigId, Instant, Json

revision = "2026_11_22_1700"
down_revision = "2026_11_22_1600"
branch_labels = None
depends_on = None

SEED = Path(__file__).resolve().parents[1] / "seeds" / "2026_11_22_letters.toml"
AT = datetime(2026, 11, 22, 17, tzinfo=UTC)
KEYS = ("r_month_client", "r_week_client")

BLANK: dict[str, Any] = {"version": 1, "created_at": AT, "updated_at": AT, "scope": "renewal"}
rule = sa.table(
    "reminder_rule",
    *map(sa.column, ("key", "scope", "active", "name_ru", "name_en", "kind", "anchor", "offset")),
    sa.column("id"),
    sa.column("version"),
    *(sa.column(name, Json) for name in ("while", "actions")),
    *(sa.column(name, Instant()) for name in ("created_at", "updated_at")),
)
firing = sa.table("reminder_firing", sa.column("rule_id"))
notification = sa.table("notification", sa.column("rule_id"), sa.column("rule_version"))


def upgrade() -> None:
    op.create_table(
        "letter",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("rule_id", BigId, nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("card_id", BigId, nullable=True),
        sa.Column("client_id", BigId, nullable=True),
        sa.Column("owner_id", BigId, nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("written_at", Instant(), nullable=False),
        sa.Column("retry_at", Instant(), nullable=False, comment="nobody sends it before"),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("sent_at", Instant(), nullable=True),
        sa.Column(
            "parked_at",
            Instant(),
            nullable=True,
            comment="refused, or tried in vain: it is not sent any more",
        ),
        sa.CheckConstraint(
            "(card_id IS NULL) <> (client_id IS NULL)", name=op.f("ck_letter_is_about_one_record")
        ),
        sa.CheckConstraint(
            "length(subject) > 0 AND length(body) > 0", name=op.f("ck_letter_says_something")
        ),
        sa.CheckConstraint("failures >= 0", name=op.f("ck_letter_failures_range")),
        sa.CheckConstraint(
            "sent_at IS NULL OR parked_at IS NULL", name=op.f("ck_letter_sent_or_parked")
        ),
        sa.ForeignKeyConstraint(["rule_id"], ["reminder_rule.id"], name=op.f("fk_letter_rule_id")),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], name=op.f("fk_letter_card_id")),
        sa.ForeignKeyConstraint(["client_id"], ["client.id"], name=op.f("fk_letter_client_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["app_user.id"], name=op.f("fk_letter_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter")),
        sqlite_autoincrement=True,
    )
    waits = sa.text("sent_at IS NULL AND parked_at IS NULL")
    op.create_index(
        "ix_letter_waiting", "letter", ["retry_at", "id"], sqlite_where=waits,
        postgresql_where=waits,
    )  # fmt: skip
    rows = tomllib.loads(SEED.read_text(encoding="utf-8"))["rule"]
    op.bulk_insert(rule, [{**BLANK, **row} for row in rows])


def downgrade() -> None:
    op.drop_table("letter")
    ours = sa.select(rule.c.id).where(rule.c.key.in_(KEYS))
    op.execute(sa.delete(firing).where(firing.c.rule_id.in_(ours)))
    nobodys = {"rule_id": None, "rule_version": None}
    op.execute(sa.update(notification).where(notification.c.rule_id.in_(ours)).values(nobodys))
    op.execute(sa.delete(rule).where(rule.c.key.in_(KEYS)))
