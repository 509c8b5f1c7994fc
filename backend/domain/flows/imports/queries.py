"""What is here already of what an import brings: many records with one statement."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, Table, func, literal, select

from backend.db.models import (
    agreement,
    app_user,
    card,
    card_event,
    client,
    contact,
    deal,
    deal_line,
    imported_record,
    lead,
    loaded_card,
    pipeline,
    product,
    renewal,
    stage,
    team,
)
from backend.db.session import Row, Unit
from backend.domain.access import Viewer, sees_card, sees_client
from backend.domain.flows.imports.syncing import Memory
from backend.domain.stages import EventKind

TABLES: dict[str, Table] = {
    "team": team, "user": app_user, "product": product, "client": client, "contact": contact,
}  # fmt: skip
CARDS: dict[str, Table] = {"lead": lead, "deal": deal, "renewal": renewal}


class Known(NamedTuple):
    """A record that is named by another: its id, and whether it was deleted here."""

    id: int
    deleted: bool


class Stood(NamedTuple):
    """A stage event of a deal that is here already."""

    stage: str
    at: datetime


@dataclass(slots=True)
class Here:
    """A record that is here already: its columns, and what imports remember of it.

    A deal comes with its product lines and the stages it came to.
    """

    row: dict[str, Any]
    memory: Memory = field(default_factory=dict)
    lines: list[Row] = field(default_factory=list)
    stood: list[Stood] = field(default_factory=list)


async def known(
    tx: Unit, viewer: Viewer, record: str, external_ids: Iterable[str], *, hold: bool
) -> dict[str, Known]:
    """The records of a kind that have one of these external ids, deleted ones too.

    Held, they stay as they are until the transaction ends, and each is looked at once for all the
    rows that name it.
    """
    columns = TABLES[record].c
    query = select(
        columns.external_id,
        columns.id,
        columns.deleted_at if "deleted_at" in columns else literal(None),
    ).where(columns.external_id.in_(list(external_ids)))
    if record == "client":
        query = query.where(sees_client(viewer))
    if hold:
        query = query.order_by(columns.id).with_for_update(read=True, key_share=True)
    found = {name: Known(number, gone is not None) for name, number, gone in await tx.run(query)}
    if hold:
        tx.held = {**{(record, one.id): {} for one in found.values()}, **tx.held}
    return found


async def here(
    tx: Unit, viewer: Viewer, record: str, external_ids: Iterable[str]
) -> dict[str, Here]:
    """The records of a kind that have one of these external ids, whole; deleted ones too."""
    names = list(external_ids)
    query = _whole_card(record, viewer) if record in CARDS else select(TABLES[record])
    if record == "client":
        query = query.where(sees_client(viewer))
    external_id = card.c.external_id if record in CARDS else TABLES[record].c.external_id
    rows = await tx.rows(query.where(external_id.in_(names)))
    found = {row["id"]: Here(dict(row)) for row in rows}
    if found:
        await _add_memory(tx, record, found)
    if found and record == "deal":
        await _add_lines(tx, found)
        await _add_events(tx, found)
    return {one.row["external_id"]: one for one in found.values()}


def _whole_card(record: str, viewer: Viewer) -> Select[Any]:
    """Cards of a kind with what is special to it; a renewal with the terms of its agreement."""
    special = CARDS[record]
    terms: list[Any] = []
    source = card.join(special, special.c.card_id == card.c.id)
    if record == "renewal":
        terms = [
            agreement.c.period, agreement.c.product_id, agreement.c.lead_time.label("agreed_lead"),
            agreement.c.version.label("agreement_version"),
        ]  # fmt: skip
        source = source.join(agreement, agreement.c.id == renewal.c.agreement_id)
    own = (column for column in special.c if column.name != "card_id")
    query = select(*card.c, *own, *terms).select_from(source)
    return query.where(card.c.kind == record, sees_card(viewer))


async def _add_memory(tx: Unit, record: str, found: dict[int, Here]) -> None:
    columns = imported_record.c
    query = select(columns.record_id, columns.fields).where(
        columns.kind == record, columns.record_id.in_(found)
    )
    for record_id, fields in await tx.run(query):
        found[record_id].memory = fields


async def _add_lines(tx: Unit, found: dict[int, Here]) -> None:
    query = select(deal_line).where(deal_line.c.deal_id.in_(found)).order_by(deal_line.c.position)
    for row in await tx.rows(query):
        found[row["deal_id"]].lines.append(row)


async def _add_events(tx: Unit, found: dict[int, Here]) -> None:
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


async def loaded(
    tx: Unit, viewer: Viewer, kind: str, digests: Iterable[str]
) -> dict[str, datetime]:
    """Which of these rows the viewer has cards of, and when each was loaded last."""
    query = (
        select(loaded_card.c.digest, func.max(card.c.created_at).label("at"))
        .join(card, card.c.id == loaded_card.c.card_id)
        .where(
            loaded_card.c.digest.in_(list(digests)),
            card.c.kind == kind,
            card.c.deleted_at.is_(None),
            sees_card(viewer),
        )
        .group_by(loaded_card.c.digest)
    )
    return {one["digest"]: one["at"] for one in await tx.rows(query)}


async def pipeline_id_of(tx: Unit, key: str) -> int | None:
    """The pipeline of a key."""
    found: int | None = await tx.scalar(select(pipeline.c.id).where(pipeline.c.key == key))
    return found


async def version_of(tx: Unit, record: str, record_id: int) -> int:
    """The present version of a record."""
    table = card if record in CARDS else TABLES[record]
    return int(await tx.scalar(select(table.c.version).where(table.c.id == record_id)))
