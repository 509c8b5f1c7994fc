"""Reading all that the page of a card or of a client shows."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Any

from msgspec import structs
from sqlalchemy import ColumnElement, select

from backend.db.models import app_user, card, deal, renewal, stage
from backend.db.session import Unit
from backend.domain import access, money, stages
from backend.domain.access import Viewer, sees_card
from backend.domain.agreements import queries as agreements
from backend.domain.agreements.rules import proposed
from backend.domain.agreements.schemas import Agreement, AgreementFilters
from backend.domain.cards.events import queries as events
from backend.domain.cards.queries import quiet_days
from backend.domain.cards.rules import number
from backend.domain.clients import queries as clients
from backend.domain.clients.schemas import Client
from backend.domain.contacts import queries as contacts
from backend.domain.contacts.schemas import ContactFilters
from backend.domain.deals import queries as deals
from backend.domain.deals.schemas import Deal
from backend.domain.leads import queries as leads
from backend.domain.moves.kinds import BEHAVIOURS
from backend.domain.moves.undoing import why_kept
from backend.domain.offers import queries as offers
from backend.domain.pipelines import queries as pipelines
from backend.domain.pipelines.shown import queries as shown
from backend.domain.renewals import queries as renewals
from backend.domain.renewals.passport.queries import passport
from backend.domain.renewals.passport.schemas import PassportTerm
from backend.domain.renewals.schemas import Renewal
from backend.domain.sheets import rules
from backend.domain.sheets.schemas import (
    AgreementSheet,
    Beside,
    ClientSheet,
    Sheet,
    Step,
    Todo,
    Why,
    WinBack,
)
from backend.domain.stages import Stage, StageKind, State
from backend.domain.tasks import queries as tasks
from backend.domain.tasks.schemas import Task, TaskFilters
from backend.domain.timeline.moments import queries as moments
from backend.domain.timeline.moments.queries import About
from backend.errors import NotFound

READERS: dict[str, Callable[[Unit, Viewer, int], Awaitable[Any]]] = {
    "lead": leads.one, "offer": offers.one, "deal": deals.one, "renewal": renewals.one,
}  # fmt: skip
MOST = 100  # tasks, contacts, agreements that a page shows


async def sheet(tx: Unit, viewer: Viewer, kind: str, card_id: int) -> Sheet:
    """A card with everything around it; NotFound where it does not exist for the viewer."""
    found = await READERS[kind](tx, viewer, card_id)
    steps, lost = await _steps(tx, viewer, found)
    around = await _around(tx, viewer, found.client_id)
    about = About(card_id=card_id)
    times = select(card.c.touched_at, card.c.stage_entered_at).where(card.c.id == card_id)
    (quiet,) = await tx.rows(times)
    now = await shown.one_stage(tx, viewer, found.pipeline_id, found.stage_id)
    return Sheet(
        card=structs.replace(found, number=number(kind, card_id, viewer.company.locale)),
        stage=now, steps=steps, lost=lost,
        is_waiting=found.state == State.WAITING, is_won=found.state == State.WON,
        is_lost=found.state == State.LOST,
        is_explained=bool(now.meaning or now.instructions or now.checklist),
        is_new=found.is_new_to_owner and found.owner_id == viewer.user_id,
        quiet_days=quiet_days(quiet, viewer, tx.now),
        can_edit=access.edits(viewer, found.owner_id), can_write=viewer.writes != "none",
        can_undo=await _can_undo(tx, viewer, found),
        tasks=await _open(tx, viewer, about, found.owner_id),
        others=[one for one in around["cards"] if one.id != card_id],
        client=around["client"], contacts=around["contacts"],
        agreement=await _agreement(tx, viewer, found),
        why=_why(viewer, tx, found) if isinstance(found, Renewal) else None,
        win_back=await _win_back(tx, viewer, found),
        moments=await moments.line_of(tx, viewer, about, None, None),
    )  # fmt: skip


async def client_sheet(tx: Unit, viewer: Viewer, client_id: int) -> ClientSheet:
    """A client with everything around him; NotFound where he does not exist for the viewer."""
    found = await clients.one(tx, viewer, client_id)
    around, about = await _around(tx, viewer, client_id), About(client_id=client_id)
    held = await agreements.page(tx, viewer, AgreementFilters(client_id=client_id, limit=MOST))
    return ClientSheet(
        client=found, can_edit=access.edits(viewer, found.owner_id),
        can_write=viewer.writes != "none", tasks=await _open(tx, viewer, about, found.owner_id),
        contacts=around["contacts"], cards=around["cards"], agreements=held.items,
        moments=await moments.line_of(tx, viewer, about, None, None),
    )  # fmt: skip


async def agreement_sheet(tx: Unit, viewer: Viewer, agreement_id: int) -> AgreementSheet:
    """An agreement with the chain of its terms; NotFound where it does not exist for the viewer."""
    found = await agreements.one(tx, viewer, agreement_id)
    terms = [
        structs.replace(one, number=number("renewal", one.renewal_id, viewer.company.locale))
        for one in (await passport(tx, viewer, agreement_id)).items
    ]
    ahead = await _next(tx, viewer, found)
    return AgreementSheet(
        agreement=found, terms=terms, next=ahead, today=viewer.company.today(tx.now),
        why=None if ahead is None else _why(viewer, tx, ahead),
        is_orphan=found.status == "running" and not found.framework
        and found.pending_renewal_id is None,
        proposed=_proposed(found, terms), can_edit=access.edits(viewer, found.owner_id),
        span=rules.span([(one.begins_on, one.renewal_date) for one in terms]),
    )  # fmt: skip


def _proposed(found: Agreement, terms: list[PassportTerm]) -> date | None:
    last = terms[-1] if terms else None
    told = None if last is None else last.cycle, None if last is None else last.renewal_date
    return proposed(structs.asdict(found), *told)


async def _next(tx: Unit, viewer: Viewer, found: Agreement) -> Renewal | None:
    """The term that is waiting or open; None also where another's hands have it."""
    if found.pending_renewal_id is None:
        return None
    try:
        return await renewals.one(tx, viewer, found.pending_renewal_id)
    except NotFound:
        return None


async def _steps(tx: Unit, viewer: Viewer, found: Any) -> tuple[list[Step], Step | None]:
    """The way of a card, and where it goes when it is lost."""
    home = await pipelines.load(tx, found.pipeline_id, viewer.company.locale)
    now = home.stage(found.stage_id)
    assert now is not None
    may = access.edits(viewer, found.owner_id)
    reopens = BEHAVIOURS[found.kind].kind.reopens
    ways = {one.id for one in stages.allowed(now, home.stages, reopens=reopens)} if may else set()

    def step(one: Stage) -> Step:
        return Step(
            id=one.id, name=one.name, kind=one.kind.value, place=rules.place(one, now),
            can=one.id in ways,
        )  # fmt: skip

    sees_waiting = viewer.reads != "own" or now.kind is StageKind.HOLDING
    lost = home.of_kind(StageKind.LOST)
    shown_as = [step(one) for one in rules.way(home.stages, sees_waiting)]
    return shown_as, None if lost is None else step(lost)


async def _can_undo(tx: Unit, viewer: Viewer, found: Any) -> bool:
    if not access.edits(viewer, found.owner_id):
        return False
    (last,) = await events.last_events(tx, found.id, 1)
    return why_kept(last, found.version, viewer, tx.now) is None


async def _open(tx: Unit, viewer: Viewer, about: About, owner_id: int) -> list[Todo]:
    """The open tasks about a card or a client, the one due first before the others."""
    filters = TaskFilters(card_id=about.card_id, client_id=about.client_id, done=False, limit=MOST)
    page = await tasks.page(tx, viewer, filters)
    return [_todo(viewer, one, owner_id, tx.now) for one in page.items]


def _todo(viewer: Viewer, one: Task, owner_id: int, now: datetime) -> Todo:
    company = viewer.company
    late = (company.today(now) - company.today(one.due_at)).days
    own = one.assignee_id == viewer.user_id and viewer.writes != "none"
    return Todo(one, max(late, 0), one.due_at < now, own or access.edits(viewer, owner_id))


async def _around(tx: Unit, viewer: Viewer, client_id: int | None) -> dict[str, Any]:
    """The client of a card with his people and cards; whoever sees the card sees him."""
    if client_id is None:
        return {"client": None, "contacts": [], "cards": []}
    people = await contacts.page(tx, viewer, ContactFilters(client_id=client_id, limit=MOST))
    return {
        "client": await _client(tx, viewer, client_id),
        "contacts": sorted(people.items, key=lambda one: not one.is_primary),
        "cards": await _cards(tx, viewer, card.c.client_id == client_id),
    }


async def _client(tx: Unit, viewer: Viewer, client_id: int) -> Client | None:
    try:
        return await clients.one(tx, viewer, client_id)
    except NotFound:
        return None


async def _cards(tx: Unit, viewer: Viewer, which: ColumnElement[bool]) -> list[Beside]:
    """Some cards of all funnels, those that are open first."""
    query = (
        select(card, stage.c[f"name_{viewer.company.locale}"].label("stage_name"),
               app_user.c.name.label("owner_name"), renewal.c.renewal_date)
        .join(stage, stage.c.id == card.c.stage_id)
        .join(app_user, app_user.c.id == card.c.owner_id)
        .outerjoin(renewal, renewal.c.card_id == card.c.id)
        .where(which, card.c.deleted_at.is_(None), sees_card(viewer))
        .order_by(card.c.closed_at.is_not(None), card.c.id.desc())
        .limit(2 * MOST)
    )  # fmt: skip
    plain = ("id", "kind", "title", "stage_name", "state", "currency", "owner_name", "renewal_date")
    return [
        Beside(
            **{name: row[name] for name in plain},
            number=number(row["kind"], row["id"], viewer.company.locale),
            amount=money.text(row["amount"], row["currency"]),
        )
        for row in await tx.rows(query)
    ]


async def _win_back(tx: Unit, viewer: Viewer, found: Any) -> WinBack | None:
    """What a lost renewal and the cards that win it back know of each other."""
    if isinstance(found, Deal) and found.win_back_of is not None:
        named = await _cards(tx, viewer, card.c.id == found.win_back_of)
        return WinBack(cards=[], renewal=named[0], can_open=False) if named else None
    if not isinstance(found, Renewal) or found.state != "lost":
        return None
    those = select(deal.c.card_id).where(deal.c.win_back_of == found.id)
    made = await _cards(tx, viewer, card.c.id.in_(those))
    may = viewer.writes != "none" and all(one.state == "lost" for one in made)
    return WinBack(cards=made, renewal=None, can_open=may) if made or may else None


async def _agreement(tx: Unit, viewer: Viewer, found: Any) -> Agreement | None:
    if not isinstance(found, Renewal):
        return None
    try:
        return await agreements.one(tx, viewer, found.agreement_id)
    except NotFound:
        return None


def _why(viewer: Viewer, tx: Unit, found: Renewal) -> Why:
    company = viewer.company
    came_on = None if found.activated_at is None else company.today(found.activated_at)
    told = (
        "renewal_date", "lead_time", "lead_time_source", "activates_on", "activated_at",
        "original_renewal_date", "slips", "days_left", "last_error",
    )  # fmt: skip
    return Why(
        came=rules.came(found.state, found.activates_on, came_on, company.today(tx.now)),
        **{name: getattr(found, name) for name in told},
    )
