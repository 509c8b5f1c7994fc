"""What every new company starts with: pipelines, stages, reasons, roles, settings and lists.

Up adds what is missing by key, so a company that has renamed or added things keeps them. Down
takes away only what is still exactly as it came and is used by nothing.
"""

import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import op

from backend.db.base import BigId, Instant, Json

revision = "2026_11_22_1010"
down_revision = "2026_11_22_1000"
branch_labels = None
depends_on = None

SEEDS = Path(__file__).resolve().parents[1] / "seeds"
PIPELINES = ("leads", "offers", "sales", "renewals")
AT = datetime(2026, 11, 22, 10, 10, tzinfo=UTC)

# The columns of this day; later migrations may add others.
pipeline = sa.table(
    "pipeline",
    sa.column("id", BigId),
    sa.column("updated_at", Instant()),
    *map(sa.column, ("kind", "key", "name_ru", "name_en", "position", "version")),
    *map(sa.column, ("renewal_on_win", "lead_time", "approval_mode")),
)
stage = sa.table(
    "stage",
    sa.column("id", BigId),
    *map(sa.column, ("pipeline_id", "key", "kind", "position", "probability", "rot_days")),
    *map(sa.column, ("group_ru", "group_en", "name_ru", "name_en", "meaning_ru", "meaning_en")),
    *map(sa.column, ("instructions_ru", "instructions_en", "version", "replaced_by_id")),
    *(sa.column(name, Json) for name in ("required_fields", "from_stages", "checklist")),
)
reason = sa.table(
    "reason",
    *map(sa.column, ("pipeline_id", "use", "key", "position", "name_ru", "name_en", "group")),
    *map(sa.column, ("churn", "ask", "ask_required", "limit_percent", "streak", "version")),
)
role = sa.table(
    "role", *map(sa.column, ("key", "name_ru", "name_en", "reads", "writes", "settings"))
)
company = sa.table(
    "company",
    sa.column("updated_at", Instant()),
    *map(sa.column, ("id", "time_zone", "currency", "locale", "week_start", "sweep_hour")),
    *map(sa.column, ("grace_days", "offer_validity", "discount_limit", "margin_floor", "version")),
)
choice = sa.table(
    "choice",
    sa.column("details", Json),
    *map(sa.column, ("list", "key", "position", "name_ru", "name_en", "version")),
)

USES_A_PIPELINE = ("card", "card_event", "card_funnel", "card_stage_visit", "agreement")


def upgrade() -> None:
    own = seed("company")
    add_missing(company, [own["company"] | {"updated_at": AT}], ("id",))
    add_missing(role, own["role"], ("key",))
    add_missing(choice, all_choices(), ("list", "key"))
    for name in PIPELINES:
        add_pipeline(seed(name))


def downgrade() -> None:
    for name in PIPELINES:
        remove_pipeline(seed(name))
    own = seed("company")
    user = sa.table("app_user", sa.column("role"))
    for row in own["role"]:
        remove(role, row, ~sa.exists().where(user.c.role == row["key"]))
    for row in all_choices():
        remove(choice, {name: row[name] for name in row if name != "details"} | {"version": 1})
    remove(company, own["company"] | {"version": 1})


def seed(name: str) -> dict[str, Any]:
    return tomllib.loads((SEEDS / f"2026_11_22_{name}.toml").read_text(encoding="utf-8"))


def all_choices() -> list[dict[str, Any]]:
    return [
        {"details": {}, **entry, "list": name}
        for name, entries in seed("choices").items()
        for entry in entries
    ]


def add_missing(table: sa.TableClause, rows: list[dict[str, Any]], key: tuple[str, ...]) -> None:
    bind = op.get_bind()
    there = {tuple(row) for row in bind.execute(sa.select(*(table.c[name] for name in key)))}
    for row in rows:
        if tuple(row[name] for name in key) not in there:
            bind.execute(table.insert(), row)


def add_pipeline(content: dict[str, Any]) -> None:
    bind = op.get_bind()
    head = content["pipeline"]
    same = pipeline.c.key == head["key"]
    if bind.scalar(sa.select(pipeline.c.id).where(same)) is not None:
        return
    bind.execute(pipeline.insert(), head | {"updated_at": AT})
    number = bind.scalar(sa.select(pipeline.c.id).where(same))
    for row in content["stage"]:
        bind.execute(stage.insert(), row | {"pipeline_id": number})
    for row in content["reason"]:
        bind.execute(reason.insert(), row | {"pipeline_id": number})


def remove_pipeline(content: dict[str, Any]) -> None:
    bind = op.get_bind()
    head = {"key": content["pipeline"]["key"], "version": 1}
    number = bind.scalar(sa.select(pipeline.c.id).filter_by(**head))
    if number is None or in_use(number) or changed(number, content):
        return
    for table in (reason, stage):
        bind.execute(table.delete().where(table.c.pipeline_id == number))
    remove(pipeline, head)


def in_use(number: int) -> bool:
    """Whether a card, an agreement, a fact or an activation target stands on the pipeline."""
    bind = op.get_bind()
    for name in USES_A_PIPELINE:
        user = sa.table(name, sa.column("pipeline_id"))
        if bind.scalar(sa.select(sa.exists().where(user.c.pipeline_id == number))):
            return True
    target = sa.table("activation_target", sa.column("pipeline_id"), sa.column("stage_id"))
    own = sa.select(stage.c.id).where(stage.c.pipeline_id == number)
    aimed_at = (target.c.pipeline_id == number) | target.c.stage_id.in_(own)
    return bool(bind.scalar(sa.select(sa.exists().where(aimed_at))))


def changed(number: int, content: dict[str, Any]) -> bool:
    """Whether an admin added, removed or edited a stage or a reason."""
    bind = op.get_bind()
    stages = {(row["key"], 1) for row in content["stage"]}
    reasons = {(row["use"], row["key"], 1) for row in content["reason"]}
    now = sa.select(stage.c.key, stage.c.version).where(stage.c.pipeline_id == number)
    why = sa.select(reason.c.use, reason.c.key, reason.c.version)
    return stages != {tuple(row) for row in bind.execute(now)} or reasons != {
        tuple(row) for row in bind.execute(why.where(reason.c.pipeline_id == number))
    }


def remove(table: sa.TableClause, row: dict[str, Any], *unless: sa.ColumnElement[bool]) -> None:
    same = (table.c[name] == value for name, value in row.items())
    op.get_bind().execute(table.delete().where(*same, *unless))
