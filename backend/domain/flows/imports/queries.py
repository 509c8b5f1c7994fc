"""What is here already of what an import brings: many records with one statement."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Table, literal, select

from backend.db.models import (
    app_user,
    card,
    card_event,
    client,
    deal,
    deal_line,
    pipeline,
    product,
    stage,
    team,
)
from backend.db.session import Row, Unit
from backend.domain.access import Viewer, sees_card, sees_client
from backend.domain.stages import EventKind

TABLES: dict[str, Table] = {"team": team, "user": app_user, "product": product, "client": client}


class Known(NamedTuple):
    """A record that is here already."""

    id: int
    version: int
    deleted: bool
    owner_id: int | None


class Stood(NamedTuple):
    """A stage event of a deal that is here already."""

    stage: str
    at: datetime


@dataclass(slots=True)
class KnownDeal:
    """A deal that is here already: its columns, its product lines, the stages it came to."""

    row: dict[str, Any]
    lines: list[Row] = field(default_factory=list)
    stood: list[Stood] = field(default_factory=list)


async def known(
    tx: Unit, viewer: Viewer, record: str, external_ids: Iterable[str]
) -> dict[str, Known]:
    """The records of a kind that have one of these external ids, deleted ones too."""
    table = TABLES[record]
    columns = table.c
    query = select(
        columns.external_id,
        columns.id,
        columns.version,
        columns.deleted_at if "deleted_at" in columns else literal(None),
        columns.owner_id if "owner_id" in columns else literal(None),
    ).where(columns.external_id.in_(list(external_ids)))
    if record == "client":
        query = query.where(sees_client(viewer))
    return {
        name: Known(number, version, gone is not None, owner)
        for name, number, version, gone, owner in await tx.run(query)
    }


async def version(tx: Unit, record: str, record_id: int) -> int:
    """The present version of a record."""
    table = TABLES[record]
    return int(await tx.scalar(select(table.c.version).where(table.c.id == record_id)))


async def pipeline_id_of(tx: Unit, key: str) -> int | None:
    """The pipeline of a key."""
    found: int | None = await tx.scalar(select(pipeline.c.id).where(pipeline.c.key == key))
    return found


async def known_deals(
    tx: Unit, viewer: Viewer, external_ids: Iterable[str]
) -> dict[str, KnownDeal]:
    """The deals that have one of these external ids, deleted ones too."""
    query = (
        select(*card.c, *(column for column in deal.c if column.name != "card_id"))
        .join(deal, deal.c.card_id == card.c.id)
        .where(card.c.kind == "deal", card.c.external_id.in_(list(external_ids)), sees_card(viewer))
    )
    found = {row["id"]: KnownDeal(dict(row)) for row in await tx.rows(query)}
    if found:
        await _add_lines(tx, found)
        await _add_events(tx, found)
    return {deal.row["external_id"]: deal for deal in found.values()}


async def _add_lines(tx: Unit, found: dict[int, KnownDeal]) -> None:
    query = select(deal_line).where(deal_line.c.deal_id.in_(found)).order_by(deal_line.c.position)
    for row in await tx.rows(query):
        found[row["deal_id"]].lines.append(row)


async def _add_events(tx: Unit, found: dict[int, KnownDeal]) -> None:
    """Stage events in order; one that was voided did not happen."""
    later = card_event.alias("later")
    voided = select(later.c.voids_id).where(
        later.c.card_id.in_(found), later.c.voids_id.is_not(None)
    )
    query = (
        select(card_event.c.card_id, stage.c.key, card_event.c.at)
        .join(stage, stage.c.id == card_event.c.to_stage_id)
        .where(
            card_event.c.card_id.in_(found),
            card_event.c.event != EventKind.VOIDED,
            card_event.c.id.not_in(voided),
        )
        .order_by(card_event.c.card_id, card_event.c.seq)
    )
    for card_id, key, at in await tx.run(query):
        found[card_id].stood.append(Stood(key, at))
