"""What the actions of a reminder rule do for a record that it hits."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from msgspec.structs import replace

from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.domain.calendar import Period
from backend.domain.deals.schemas import DealCreate
from backend.domain.letters import actions as letters
from backend.domain.letters.queries import addressee
from backend.domain.letters.rules import span
from backend.domain.letters.rules import told as told_of_letter
from backend.domain.letters.wording import filled
from backend.domain.moves import creating, renewing, winning_back
from backend.domain.notifications import actions as notifications
from backend.domain.notifications.queries import heads_of
from backend.domain.offers.schemas import OfferCreate, OfferLineFields
from backend.domain.offers.sources.queries import has_open_offer
from backend.domain.reminders.firings import actions as firings
from backend.domain.reminders.queries import product_name
from backend.domain.reminders.rules import Hit, task_day, worded
from backend.domain.renewals import queries as renewals
from backend.domain.tasks.rules import RULES as AT_ONCE
from backend.domain.tasks.rules import day_text
from backend.domain.tasks.steps import actions as steps
from backend.domain.workdays import end_of

Action = Mapping[str, Any]
Effects = list[dict[str, Any]]

LONGEST = 255  # of a title, and so of all that a rule says


async def do(
    tx: Unit, viewer: Viewer, hit: Hit, action: Action, firing_id: int, day: date
) -> Effects:
    """Do what one action of a rule says; what it made."""
    match action["type"]:
        case "notify":
            return await _notify(tx, viewer, hit, action)
        case "task":
            return await _task(tx, viewer, hit, action, day)
        case "create_deal":
            return await _deal(tx, viewer, hit, action)
        case "email":
            return await _letter(tx, viewer, hit, action)
        case "create_offer":
            return await _offer(tx, viewer, hit, action)
        case _:
            await firings.tell(tx, viewer, firing_id, hit)
            return []


def _text(viewer: Viewer, action: Action, hit: Hit, **more: str) -> str:
    text = worded(action[f"text_{viewer.company.locale}"], {**hit.facts, **more})
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"


async def _notify(tx: Unit, viewer: Viewer, hit: Hit, action: Action) -> Effects:
    people = [] if action["to"] == "head" else [hit.owner_id]
    if action["to"] != "owner":
        people += await heads_of(tx, hit.owner_id)
    about = {**hit.about, "rule_id": hit.rule.id, "rule_version": hit.rule.version}
    text = _text(viewer, action, hit)
    return [
        {"what": "notification", "id": await notifications.give(tx, viewer, one, text, about)}
        for one in dict.fromkeys(people)
    ]


async def _task(tx: Unit, viewer: Viewer, hit: Hit, action: Action, day: date) -> Effects:
    """The next step of a card, or a task about a client; a move has made those of its own."""
    if hit.rule.key in AT_ONCE:
        return []
    hit = await _about_another(tx, hit, action)
    due_on = task_day(action, hit, day, viewer.company.workdays)
    wanted = {
        "title": _text(viewer, action, hit, due=day_text(due_on, viewer.company.locale)),
        "kind": action["kind"], "due_at": end_of(due_on, viewer.company.time_zone),
        "made_by": hit.rule.key,
    }  # fmt: skip
    return await steps.put(tx, viewer, hit.owner_id, hit.about, hit.rule.family, wanted)


async def _about_another(tx: Unit, hit: Hit, action: Action) -> Hit:
    """The hit as an action that offers a product speaks of it."""
    if "product_id" not in action:
        return hit
    name = await product_name(tx, action["product_id"])
    return replace(hit, facts={**hit.facts, "product": name})


async def _deal(tx: Unit, viewer: Viewer, hit: Hit, action: Action) -> Effects:
    """The waiting renewal comes into work; whoever has none gets a deal.

    The deal for a client who left wins back the renewal with which he did; none is made where
    another one is at that.
    """
    if hit.rule.kind == "renewal" and hit.card_id is not None:
        if hit.state != "waiting":
            return []
        await renewing.activate(tx, viewer, hit.card_id, None)
        return [{"what": "renewal", "id": hit.card_id}]
    tied: dict[str, Any] = {"client_id": hit.client_id}
    if "pipeline" in action:
        tied["pipeline"] = action["pipeline"]
    if hit.client_id is not None and hit.rule.anchor == "churned_on":
        lost = await renewals.lost_in_leaving(tx, hit.client_id, hit.anchor_on)
        if lost is not None:
            if await winning_back.under_way(tx, lost):
                return []
            tied["win_back_of"] = lost
    fields = DealCreate(title=_text(viewer, action, hit), **tied)
    made = await creating.create(
        tx, viewer, "deal", fields, owner_id=hit.owner_id, caused_by_card_id=hit.card_id
    )
    return [{"what": "deal", "id": made}]


async def _offer(tx: Unit, viewer: Viewer, hit: Hit, action: Action) -> Effects:
    """A draft that hangs on the card, with the lines of its term; none where one is under way."""
    hit = await _about_another(tx, hit, action)
    tied: dict[str, Any] = {"client_id": hit.client_id}
    if "product_id" in action:
        tied["lines"] = [OfferLineFields(product_id=action["product_id"])]
    elif hit.card_id is not None:
        if await has_open_offer(tx, hit.rule.kind, hit.card_id):
            return []
        tied = {f"{hit.rule.kind}_id": hit.card_id}
    if "text_en" in action:
        tied["title"] = _text(viewer, action, hit)
    made = await creating.create(
        tx, viewer, "offer", OfferCreate(**tied), owner_id=hit.owner_id,
        caused_by_card_id=hit.card_id,
    )  # fmt: skip
    return [{"what": "offer", "id": made}]


async def _letter(tx: Unit, viewer: Viewer, hit: Hit, action: Action) -> Effects:
    """A letter to the client; who cannot be written to is told of to the owner."""
    about = {**hit.about, "rule_id": hit.rule.id, "rule_version": hit.rule.version}
    known, locale = await addressee(tx, hit.about), viewer.company.locale
    if known["recipient"] is None:
        text = told_of_letter("no_address", locale, client=hit.facts["client"] or "–")
        made = await notifications.give(tx, viewer, hit.owner_id, text, about)
        return [{"what": "notification", "id": made}]
    facts = {**hit.facts, **known, "invoice": hit.facts.get("number")}
    if (period := known.get("period")) is not None:
        facts["period"] = span(Period.parse(period), locale)
    letter = {
        "recipient": known["recipient"],
        "subject": filled(action[f"subject_{locale}"], facts),
        "body": filled(action[f"text_{locale}"], facts),
    }
    return [{"what": "letter", "id": await letters.write(tx, about, hit.owner_id, letter)}]
