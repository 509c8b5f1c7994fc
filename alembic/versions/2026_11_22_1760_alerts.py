"""Notifications that tell heads of broken limits and of streaks, and are taken back."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from backend.db.base import Instant, Json

revision = "2026_11_22_1760"
down_revision = "2026_11_22_1750"
branch_labels = None
depends_on = None

CHECKS = {
    "alert_has_its_report": "(alert IS NULL) = (report IS NULL)",
    "alerts_are_withdrawn": "withdrawn_at IS NULL OR alert IS NOT NULL",
}
UNIQUE, WHERE = "uq_notification_alert", "alert IS NOT NULL"


def _altered() -> Any:
    """Built anew on SQLite, so that the text of the table reads as it is declared."""
    recreate = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    return op.batch_alter_table(
        "notification", recreate=recreate, table_kwargs={"sqlite_autoincrement": True}
    )


def upgrade() -> None:
    with _altered() as table:
        table.add_column(
            sa.Column(
                "alert",
                sa.String(length=160),
                nullable=True,
                comment="the limit or streak it tells of, once to each head",
            )
        )
        table.add_column(
            sa.Column(
                "report",
                Json,
                nullable=True,
                comment="the report behind an alert, and its filters",
            )
        )
        table.add_column(
            sa.Column(
                "withdrawn_at",
                Instant(),
                nullable=True,
                comment="an alert that holds no longer",
            )
        )
        for name, text in CHECKS.items():
            table.create_check_constraint(op.f(f"ck_notification_{name}"), text)
    op.create_index(
        UNIQUE,
        "notification",
        ["alert", "user_id"],
        unique=True,
        sqlite_where=sa.text(WHERE),
        postgresql_where=sa.text(WHERE),
    )


def downgrade() -> None:
    """Alerts stay as notifications like any other, also those that were taken back."""
    op.drop_index(UNIQUE, "notification")
    with _altered() as table:
        for name in CHECKS:
            table.drop_constraint(op.f(f"ck_notification_{name}"), type_="check")
        for name in ("withdrawn_at", "report", "alert"):
            table.drop_column(name)
