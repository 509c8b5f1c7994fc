"""Reading the cards behind numbers, each as it stood at the instant that its report tells of."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import structs
from sqlalchemy import select

from backend.db.models import app_user, card, client, reason, stage
from backend.db.session import Unit
from backend.domain import money
from backend.domain.access import Viewer
from backend.domain.cards import rules as card_rules
from backend.domain.funnels.lives.queries import Life, Past, past
from backend.domain.funnels.schemas import ReportCard


async def listed(
    tx: Unit, viewer: Viewer, card_ids: Sequence[int], as_of: datetime
) -> list[ReportCard]:
    """Some cards by id as they stood; who may see them was decided before."""
    found = await _now(tx, viewer, card_ids)
    if as_of == tx.now or not found:
        return found
    own, locale = card.c.id.in_(card_ids), viewer.company.locale
    then = await past(tx, locale, [own], select(card.c.id).where(own), as_of)
    lives = {life.card_id: life for life in then.lives if life.events}
    why = await _reasons(tx, locale, {life.events[-1].reason_id for life in lives.values()})
    return [_as_it_was(one, lives[one.id], then, why) if one.id in lives else one for one in found]


async def _now(tx: Unit, viewer: Viewer, card_ids: Sequence[int]) -> list[ReportCard]:
    c, locale = card.c, viewer.company.locale
    query = (
        select(
            c.id, c.kind, c.title, c.stage_id, c.state, c.amount, c.currency, c.owner_id,
            c.client_id, c.reason_id, c.entered_at, c.closed_at, c.deleted_at,
            stage.c.key.label("stage_key"), stage.c[f"name_{locale}"].label("stage_name"),
            app_user.c.name.label("owner_name"), client.c.name.label("client_name"),
            reason.c[f"name_{locale}"].label("reason_name"),
        )
        .join(stage, stage.c.id == c.stage_id)
        .join(app_user, app_user.c.id == c.owner_id)
        .outerjoin(client, client.c.id == c.client_id)
        .outerjoin(reason, reason.c.id == c.reason_id)
        .where(c.id.in_(card_ids))
        .order_by(c.id)
    )  # fmt: skip
    found = []
    for row in await tx.rows(query):
        told = {name: row[name] for name in row if name not in ("amount", "deleted_at")}
        found.append(
            ReportCard(
                **told, number=card_rules.number(row["kind"], row["id"]),
                amount=money.text(row["amount"], row["currency"]),
                deleted=row["deleted_at"] is not None,
            )
        )  # fmt: skip
    return found


def _as_it_was(one: ReportCard, life: Life, then: Past, why: dict[int, str]) -> ReportCard:
    place = then.stages[life.events[-1].target_id]
    funnel = then.facts(life).funnels.get(place.pipeline_id)
    reason_id = None if funnel is None else funnel.reason_id
    return structs.replace(
        one, stage_id=place.id, stage_key=place.key, stage_name=place.name, state=place.state,
        amount=money.text(life.amount, life.currency), currency=life.currency,
        reason_id=reason_id, reason_name=None if reason_id is None else why[reason_id],
        entered_at=None if funnel is None else funnel.entered_at,
        closed_at=None if funnel is None else funnel.closed_at,
    )  # fmt: skip


async def _reasons(tx: Unit, locale: str, reason_ids: set[int | None]) -> dict[int, str]:
    query = select(reason.c.id, reason.c[f"name_{locale}"]).where(reason.c.id.in_(reason_ids))
    found: dict[int, str] = dict((await tx.run(query)).all())
    return found
