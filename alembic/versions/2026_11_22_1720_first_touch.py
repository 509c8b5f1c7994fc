"""Rules for enquiries that nobody has touched, and for a second product."""

import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import op

from backend.db.base import Instant, Json

revision = "2026_11_22_1720"
down_revision = "2026_11_22_1710"
branch_labels = None
depends_on = None

SEED = Path(__file__).resolve().parents[1] / "seeds" / "2026_11_22_first_touch.toml"
AT = datetime(2026, 11, 22, 17, 20, tzinfo=UTC)
KEYS = ("l_untouched", "l_untouched_head", "u_next")

BLANK: dict[str, Any] = {"version": 1, "created_at": AT, "updated_at": AT, "family": None}
rule = sa.table(
    "reminder_rule",
    *map(sa.column, ("key", "scope", "active", "name_ru", "name_en", "kind", "anchor", "offset")),
    sa.column("id"),
    sa.column("family"),
    sa.column("version"),
    *(sa.column(name, Json) for name in ("while", "actions")),
    *(sa.column(name, Instant()) for name in ("created_at", "updated_at")),
)
firing = sa.table("reminder_firing", sa.column("rule_id"))
notification = sa.table("notification", sa.column("rule_id"), sa.column("rule_version"))


def upgrade() -> None:
    rows = tomllib.loads(SEED.read_text(encoding="utf-8"))["rule"]
    op.bulk_insert(rule, [{**BLANK, **row, "scope": row["kind"]} for row in rows])


def downgrade() -> None:
    ours = sa.select(rule.c.id).where(rule.c.key.in_(KEYS))
    op.execute(sa.delete(firing).where(firing.c.rule_id.in_(ours)))
    nobodys = {"rule_id": None, "rule_version": None}
    op.execute(sa.update(notification).where(notification.c.rule_id.in_(ours)).values(nobodys))
    op.execute(sa.delete(rule).where(rule.c.key.in_(KEYS)))
