"""Cohorts are counted, and their times in stages told, from indexes alone."""

from typing import Any

from alembic import op

revision = "2026_11_22_1710"
down_revision = "2026_11_22_1700"
branch_labels = None
depends_on = None

TRACK = [
    "card_id", "furthest_stage_id", "strict_stage_id", "state", "touched", "returned", "reopened",
    "entered_late", "reason_id",
]  # fmt: skip
BY_STAGE = ["pipeline_id", "stage_id", "cohort_at"]
SPENT = ["card_id", "visits", "seconds", "open_since"]


def upgrade() -> None:
    _anew("card_funnel", ["pipeline_id", "entered_at"], postgresql_include=TRACK)
    if op.get_bind().dialect.name == "postgresql":
        _anew("card_stage_visit", BY_STAGE, postgresql_include=SPENT)
    else:
        _anew("card_stage_visit", BY_STAGE + SPENT)


def downgrade() -> None:
    _anew("card_funnel", ["pipeline_id", "entered_at"])
    before = ["card_id", "stage_id", "visits", "seconds", "open_since"]
    _anew("card_stage_visit", ["pipeline_id", "cohort_at"], postgresql_include=before)


def _anew(table: str, columns: list[str], **options: Any) -> None:
    op.drop_index(f"ix_{table}_cohort", table)
    op.create_index(f"ix_{table}_cohort", table, columns, **options)
