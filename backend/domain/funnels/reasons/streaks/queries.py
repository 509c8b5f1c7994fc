"""Leads and clients that say one thing every time: all of their outcomes are one reason's."""

from typing import Any

from sqlalchemy import Select, and_, func, or_, select

from backend.db.models import app_user, card, card_funnel, client, lead, offer, reason
from backend.db.session import Unit
from backend.domain.access import Viewer, sees_client
from backend.domain.funnels.reasons import rules
from backend.domain.funnels.reasons.schemas import Streak
from backend.domain.funnels.schemas import ReportFilters
from backend.domain.funnels.selection import queries as selection
from backend.domain.stages import CLOSED

SOLD = ("offer", "deal", "renewal")


async def needed(tx: Unit) -> dict[str, int]:
    """How many outcomes of a reason make a streak, by its key."""
    query = select(reason.c.key, func.min(reason.c.streak)).where(reason.c.streak.is_not(None))
    found: dict[str, int] = dict((await tx.run(query.group_by(reason.c.key))).all())
    return found


async def streaks(tx: Unit, viewer: Viewer, filters: ReportFilters) -> list[Streak]:
    """What is proposed now: open leads all of whose closed offers, and clients whose last ones,
    were lost for one reason that has a streak."""
    wanted = await needed(tx)
    if not wanted:
        return []
    return [
        *await _of_leads(tx, viewer, filters, wanted),
        *await _of_clients(tx, viewer, filters, wanted),
    ]


def outcomes(whose: Any, viewer: Viewer, filters: ReportFilters) -> Select[Any]:
    """(whose, the key of the reason or NULL for another outcome, the card), the oldest first.

    What was closed for a reason of the group `void` never was.
    """
    f = card_funnel.c
    return (
        select(whose, reason.c.key, f.card_id)
        .select_from(card_funnel)
        .join(card, and_(card.c.id == f.card_id, card.c.pipeline_id == f.pipeline_id))
        .outerjoin(reason, reason.c.id == f.reason_id)
        .where(
            f.state.in_(CLOSED),
            whose.is_not(None),
            or_(reason.c.group.is_(None), reason.c.group != "void"),
            *selection.about(viewer, filters),
        )
        .order_by(whose, f.closed_at, f.card_id)
    )


def _alike(whose: Any, said: Select[Any], wanted: dict[str, int]) -> Select[Any]:
    """Those whose last outcomes, as many as the shortest streak has, are all one of the reasons.

    The others, which are nearly all there are, the database keeps to itself.
    """
    least, f = min(wanted.values()), card_funnel.c
    newest: Any = (f.closed_at.desc(), f.card_id.desc())
    nth = func.row_number().over(partition_by=whose, order_by=newest).label("nth")
    last = said.order_by(None).add_columns(nth).subquery().c
    number, key = last[whose.name], last.key
    return (
        select(number)
        .where(last.nth <= least)
        .group_by(number)
        .having(func.count(key) == least, func.min(key) == func.max(key), func.min(key).in_(wanted))
    )


async def _of_leads(
    tx: Unit, viewer: Viewer, filters: ReportFilters, wanted: dict[str, int]
) -> list[Streak]:
    whose = offer.c.lead_id
    query = outcomes(whose, viewer, filters).join(offer, offer.c.card_id == card.c.id)
    query = query.where(whose.in_(_alike(whose, query, wanted)))
    telling = await _telling(tx, query, wanted, whole=True)
    today = viewer.company.today(tx.now)
    about = (
        select(card.c.id, card.c.title, card.c.owner_id, app_user.c.name)
        .join(lead, lead.c.card_id == card.c.id)
        .join(app_user, app_user.c.id == card.c.owner_id)
        .where(
            card.c.id.in_(telling), card.c.state == "open", card.c.deleted_at.is_(None),
            or_(lead.c.suspended_until.is_(None), lead.c.suspended_until <= today),
            *selection.about(viewer, filters),
        )
        .order_by(card.c.id)
    )  # fmt: skip
    names = await _names(tx, viewer)
    return [
        Streak(
            lead_id=number, client_id=None, title=title, owner_id=owner_id, owner_name=owner,
            **_run(telling[number], wanted, names), count=len(telling[number]),
            proposals=["suspend", "reassign"],
        )
        for number, title, owner_id, owner in await tx.run(about)
    ]  # fmt: skip


async def _of_clients(
    tx: Unit, viewer: Viewer, filters: ReportFilters, wanted: dict[str, int]
) -> list[Streak]:
    whose = card.c.client_id
    query = outcomes(whose, viewer, filters).where(card.c.kind.in_(SOLD))
    query = query.where(whose.in_(_alike(whose, query, wanted)))
    telling = await _telling(tx, query, wanted, whole=False)
    about = (
        select(client.c.id, client.c.name, client.c.owner_id, app_user.c.name)
        .join(app_user, app_user.c.id == client.c.owner_id)
        .where(client.c.id.in_(telling), client.c.deleted_at.is_(None), sees_client(viewer))
        .order_by(client.c.id)
    )
    names = await _names(tx, viewer)
    return [
        Streak(
            lead_id=None, client_id=number, title=title, owner_id=owner_id, owner_name=owner,
            **_run(telling[number], wanted, names), count=wanted[str(telling[number][-1].key)],
            proposals=["reassign"],
        )
        for number, title, owner_id, owner in await tx.run(about)
    ]  # fmt: skip


async def _telling(
    tx: Unit, query: Select[Any], wanted: dict[str, int], *, whole: bool
) -> dict[int, list[rules.Said]]:
    """The streaks in what a query says was said, by who said it."""
    said = rules.by_whom([tuple(row) for row in await tx.run(query)])
    runs = ((number, rules.unbroken(one, wanted, whole=whole)) for number, one in said.items())
    return {number: run for number, run in runs if run}


def _run(run: list[rules.Said], wanted: dict[str, int], names: dict[str, str]) -> dict[str, Any]:
    """What is told of a streak, whose ever it is."""
    key = str(run[0].key)
    return {
        "reason_key": key, "reason_name": names[key], "needed": wanted[key],
        "first_card_id": run[0].card_id,
    }  # fmt: skip


async def _names(tx: Unit, viewer: Viewer) -> dict[str, str]:
    query = select(reason.c.key, reason.c[f"name_{viewer.company.locale}"])
    rows = await tx.run(query.where(reason.c.streak.is_not(None)).order_by(reason.c.id.desc()))
    found: dict[str, str] = dict(rows.all())
    return found
