"""Making cards: every card is born in a stage, with its first event and its facts."""

from collections.abc import Mapping
from typing import Any

from msgspec import UNSET, UnsetType

from backend.db.session import Unit
from backend.domain import stages
from backend.domain.access import Viewer
from backend.domain.cards import actions as cards
from backend.domain.cards import queries as card_queries
from backend.domain.cards.follow_ups import FollowUp, MoveCard
from backend.domain.cards.kinds import Written
from backend.domain.feed.actions import announce
from backend.domain.moves import following_up, moving, new_cards
from backend.domain.moves.kinds import BEHAVIOURS, computed_date
from backend.domain.moves.new_cards import BLANK, SPECIAL_BLANK
from backend.domain.moves.references import SOURCES, demand_references
from backend.domain.offers.rules import LEAD_FOLLOWS
from backend.domain.pipelines import queries as pipelines
from backend.domain.stages import Stage, State
from backend.domain.tasks.rules import on_entering
from backend.domain.users.owners import owner_of
from backend.errors import Conflict, NotFound, pointed


async def create(
    tx: Unit,
    viewer: Viewer,
    kind: str,
    fields: Any,
    *,
    owner_id: int | None = None,
    caused_by_card_id: int | None = None,
    end: cards.End = "bottom",
) -> int:
    """Make a lead, an offer or a deal from its create struct, at an end of its column; its id.

    The owner is the caller unless he may make cards for the one who is named.
    """
    behaviour = BEHAVIOURS[kind]
    owner = await owner_of(tx, viewer, fields.owner_id if owner_id is None else owner_id)
    home = await pipelines.choose(
        tx, viewer, kind, None if fields.pipeline is UNSET else fields.pipeline
    )
    stage = _first_stage(home, fields.stage)
    blank = {"kind": kind, "currency": viewer.company.currency, **BLANK, **SPECIAL_BLANK[kind]}
    blank |= await _inherited(tx, viewer, kind, fields)
    written = await behaviour.prepare(tx, fields, blank)
    await demand_references(tx, viewer, written, blank)
    await _complete(tx, viewer, stage, written, blank)
    values = {
        **{name: blank[name] for name in ("kind", "currency", *BLANK)},
        "title": blank.get("title"), **written.card, "owner_id": owner,
    }  # fmt: skip
    special = {**SPECIAL_BLANK[kind], **written.special}
    card_id = await cards.add(tx, behaviour.kind.table, stage, values, special, end)
    row = {**values, **special, "id": card_id, **stage.place()}
    await _write_rest(tx, viewer, row, stage, written, caused_by_card_id or row.get("win_back_of"))
    return card_id


async def _complete(
    tx: Unit, viewer: Viewer, stage: Stage, written: Written, blank: Mapping[str, Any]
) -> None:
    """Add what the stage computes; whatever it asks for is to be there then, and a title."""
    whole = written.over(blank)
    if not whole.get("title"):
        raise pointed("a title is needed", "/title")
    if written.lines is not None:
        whole["lines"] = whole["product_lines"] = written.lines
    if blank["kind"] == "deal":
        dated = await computed_date(tx, viewer, stage, whole, written.lines or [])
        written.special |= dated
        whole |= dated
    stages.demand_fields(stage, whole)


async def _inherited(tx: Unit, viewer: Viewer, kind: str, fields: Any) -> dict[str, Any]:
    """What a card takes over from the one that it comes of, unless it is given.

    An offer comes of the card that it hangs on, a deal of the lost renewal that it wins back.
    """
    for name, origin in SOURCES.get(kind, {}).items():
        card_id = getattr(fields, name)
        if card_id is not UNSET and card_id is not None:
            await card_queries.demand_seen(tx, viewer, card_id, origin, f"/{name}")
            row = await card_queries.locked_any(tx, BEHAVIOURS[origin].kind.table, card_id)
            taken = {n: row[n] for n in ("title", "client_id", "contact_id", "currency", "source")}
            if fields.client_id not in (UNSET, row["client_id"]):
                taken["contact_id"] = None
            return taken
    return {}


def _first_stage(home: pipelines.Pipeline, given: int | str | UnsetType) -> Stage:
    if given is UNSET:
        return stages.first_open(home.stages)
    stage = home.stage(given)
    if stage is None:
        raise pointed(f"There is no stage “{given}” in “{home.key}”", "/stage", NotFound)
    if stage.state is not State.OPEN or (home.kind == "offer" and stage.key != "draft"):
        first = stages.first_open(home.stages)
        raise pointed(
            f"A new card cannot start in “{stage.name}”; make it in “{first.name}” and move it",
            "/stage",
            Conflict,
        )
    return stage


async def _write_rest(
    tx: Unit,
    viewer: Viewer,
    row: Mapping[str, Any],
    stage: Stage,
    written: Written,
    caused_by_card_id: int | None,
) -> None:
    kind, card_id = row["kind"], row["id"]
    await BEHAVIOURS[kind].write_lines(tx, card_id, written)
    made = await following_up.carry_out(tx, viewer, row, _follow_ups(kind, row, stage), moving.move)
    await new_cards.record_creation(
        tx, viewer, row, stage, made=made, caused_by_card_id=caused_by_card_id
    )
    edited = cards.edited({"kind": kind}, written)
    changes = cards.logged({}, row, edited)
    await announce(tx, viewer, "created", kind, card_id, 1, changes)


def _follow_ups(kind: str, row: Mapping[str, Any], stage: Stage) -> tuple[FollowUp, ...]:
    """The task of the stage; an offer that is made takes its lead along."""
    steps = on_entering(kind, stage.key, row["id"])
    if kind != "offer" or row.get("lead_id") is None:
        return steps
    follows = MoveCard(card_id=row["lead_id"], kind="lead", stage_key=LEAD_FOLLOWS["draft"])
    return follows, *steps
