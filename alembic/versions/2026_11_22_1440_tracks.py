"""The funnel's facts tell where a card has been and why it was lost; reports read by time."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from alembic import op

from backend.db.base import BigId

revision = "2026_11_22_1440"
down_revision = "2026_11_22_1430"
branch_labels = None
depends_on = None

ENTRIES = """
SELECT e.card_id, e.to_stage_id FROM card_event e
WHERE e.to_stage_id IS NOT NULL AND e.event <> 'voided'
  AND NOT EXISTS (SELECT 1 FROM card_event v WHERE v.voids_id = e.id)
ORDER BY e.card_id, e.seq
"""
VISITS = "SELECT card_id, stage_id, pipeline_id, returns FROM card_stage_visit ORDER BY 1, 2"
FUNNELS = "SELECT card_id, pipeline_id FROM card_funnel ORDER BY 1, 2"
STAGES = "SELECT id, pipeline_id, kind, position, replaced_by_id FROM stage"
REASONS = """
UPDATE card_funnel SET reason_id = (SELECT reason_id FROM card
  WHERE card.id = card_funnel.card_id AND card.pipeline_id = card_funnel.pipeline_id)
WHERE state = 'lost'
"""
FILL = sa.text(
    "UPDATE card_funnel SET strict_stage_id = :strict, touched = :touched, returned = :returned"
    " WHERE card_id = :card_id AND pipeline_id = :pipeline_id"
)
AT_ONCE = 5000


def upgrade() -> None:
    with op.batch_alter_table("card_funnel") as table:
        table.add_column(sa.Column("strict_stage_id", BigId, nullable=True))
        for name, told in (
            ("touched", "stage ids, in order"),
            ("returned", "of those, come back to"),
        ):
            table.add_column(
                sa.Column(name, sa.Text(), server_default="", nullable=False, comment=told)
            )
        table.add_column(sa.Column("reason_id", BigId, nullable=True))
        table.create_foreign_key(
            op.f("fk_card_funnel_strict_stage_id"), "stage", ["strict_stage_id"], ["id"]
        )
        table.create_foreign_key(op.f("fk_card_funnel_reason_id"), "reason", ["reason_id"], ["id"])
    op.execute(REASONS)
    rows = _filled(op.get_bind())
    while batch := [row for row, _ in zip(rows, range(AT_ONCE), strict=False)]:
        op.get_bind().execute(FILL, batch)
    op.create_index("ix_card_funnel_closed", "card_funnel", ["pipeline_id", "closed_at"])
    op.create_index("ix_card_event_at", "card_event", ["at"])
    gone = sa.text("deleted_at IS NOT NULL")
    op.create_index("ix_card_deleted", "card", ["id"], sqlite_where=gone, postgresql_where=gone)
    _cohorts(postgresql_include=["card_id", "stage_id", "visits", "seconds", "open_since"])


def downgrade() -> None:
    _cohorts()
    op.drop_index("ix_card_deleted", "card")
    op.drop_index("ix_card_event_at", "card_event")
    op.drop_index("ix_card_funnel_closed", "card_funnel")
    with op.batch_alter_table("card_funnel") as table:
        for name in ("strict_stage_id", "reason_id"):
            table.drop_constraint(op.f(f"fk_card_funnel_{name}"), type_="foreignkey")
        for name in ("strict_stage_id", "touched", "returned", "reason_id"):
            table.drop_column(name)


def _cohorts(**options: Any) -> None:
    name = "ix_card_stage_visit_cohort"
    op.drop_index(name, "card_stage_visit")
    op.create_index(name, "card_stage_visit", ["pipeline_id", "cohort_at"], **options)


def _filled(connection: sa.Connection) -> Iterator[dict[str, Any]]:
    """What each fact lacks, card after card."""
    stages = _living(connection)
    entries = _by_card(connection, ENTRIES)
    visits = _by_card(connection, VISITS)
    for card_id, pipelines in _by_card(connection, FUNNELS).items():
        for (pipeline_id,) in pipelines:
            line = sorted(
                {(s["position"], s["id"]) for s in stages.values()
                 if s["pipeline_id"] == pipeline_id and s["kind"] == "open"}
            )  # fmt: skip
            strict = None
            ahead = [stage_id for _, stage_id in line]
            for (entered,) in entries.get(card_id, ()):
                if ahead and stages[entered]["id"] == ahead[0]:
                    strict = ahead.pop(0)
            seen = [v for v in visits.get(card_id, ()) if v[1] == pipeline_id]
            yield {
                "card_id": card_id, "pipeline_id": pipeline_id, "strict": strict,
                "touched": " ".join(str(v[0]) for v in seen),
                "returned": " ".join(str(v[0]) for v in seen if v[2]),
            }  # fmt: skip


def _by_card(connection: sa.Connection, query: str) -> dict[int, list[tuple[Any, ...]]]:
    rows: Iterable[Any] = connection.exec_driver_sql(query)
    return {
        card_id: [tuple(row[1:]) for row in own] for card_id, own in groupby(rows, lambda r: r[0])
    }


def _living(connection: sa.Connection) -> dict[int, Any]:
    """Every stage by its id, a deleted one as the one that took its place."""
    rows = {row["id"]: row for row in connection.exec_driver_sql(STAGES).mappings()}
    found = {}
    for number in rows:
        last = number
        while rows[last]["replaced_by_id"] is not None:
            last = rows[last]["replaced_by_id"]
        found[number] = rows[last]
    return found
