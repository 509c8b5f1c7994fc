"""Pipelines with stages of a test's own, straight into the database."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, select

from backend.db.models import pipeline, reason, stage
from backend.db.session import Unit
from tests.office import Office

CLOSING = (("won", "won"), ("lost", "lost"))


async def new_pipeline(
    office: Office,
    key: str,
    opens: Sequence[str],
    kind: str = "deal",
    before: Sequence[tuple[str, str]] = (),
    **settings: Any,
) -> int:
    """A pipeline with open stages, won and lost, and the reasons of the kind's first pipeline.

    `before` are stages of other kinds (key, kind) that stand first.
    """
    special = {"deal": {"renewal_on_win": "off"}, "renewal": {"lead_time": "P1M"}}

    async def work(tx: Unit) -> int:
        values = {
            "kind": kind, "key": key, "name_ru": key, "name_en": key, "position": 90,
            "updated_at": tx.now, **special.get(kind, {}), **settings,
        }  # fmt: skip
        home: int = await tx.scalar(insert(pipeline).returning(pipeline.c.id), values)
        order = [*before, *((name, "open") for name in opens), *CLOSING]
        rows = [
            {
                "pipeline_id": home, "key": name, "kind": what, "position": place,
                "name_ru": name, "name_en": name, "probability": 10,
            }
            for place, (name, what) in enumerate(order, start=1)
        ]  # fmt: skip
        await tx.run(insert(stage), rows)
        await _take_reasons(tx, kind, home)
        return home

    return await office.do(work)  # type: ignore[no-any-return]


async def _take_reasons(tx: Unit, kind: str, home: int) -> None:
    first = select(pipeline.c.id).where(pipeline.c.kind == kind).order_by(pipeline.c.id).limit(1)
    source = await tx.scalar(first)
    rows = await tx.rows(select(reason).where(reason.c.pipeline_id == source))
    copied = [
        {**{name: row[name] for name in row if name != "id"}, "pipeline_id": home} for row in rows
    ]
    await tx.run(insert(reason), copied)
