"""What every new card begins with: its blank columns and first event; a deal for an offer."""

from collections.abc import Mapping
from typing import Any

from backend.db.models import deal
from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.domain.cards import actions as cards
from backend.domain.cards import facts as card_facts
from backend.domain.cards.facts import Facts, StageEvent
from backend.domain.cards.follow_ups import OpenDeal
from backend.domain.feed.actions import announce
from backend.domain.pipelines import queries as pipelines
from backend.domain.stages import EventKind, Stage

BLANK: dict[str, Any] = {
    "amount": None, "client_id": None, "contact_id": None, "source": None, "external_id": None,
    "next_contact_at": None, "competitor": None, "competitor_price": None, "other_card_id": None,
    "probability": None, "custom": {},
}  # fmt: skip
SPECIAL_BLANK: dict[str, dict[str, Any]] = {
    "lead": {"price_level_agreed": False},
    "deal": {
        "expected_close_on": None, "start_on": None, "renewal_date": None, "renewal_period": None,
        "one_off": False, "renewal_date_computed": False, "win_back_of": None,
    },
    "offer": {
        "discount_percent": 0, "vat_included": True, "vat_total": 0, "cost": None,
        "margin_percent": None, "revision": 1, "rework_count": 0, "approval_status": "none",
        "lead_id": None, "deal_id": None, "renewal_id": None,
    },
}  # fmt: skip


async def record_creation(
    tx: Unit,
    viewer: Viewer,
    row: Mapping[str, Any],
    stage: Stage,
    *,
    made: list[dict[str, Any]],
    caused_by_card_id: int | None = None,
) -> None:
    """Record the first event of a card and its entry into the funnel."""
    await cards.record(
        tx, viewer, row["id"], 1, EventKind.CREATED, row, to_stage_id=stage.id, made=made,
        caused_by_card_id=caused_by_card_id,
    )  # fmt: skip
    known = await pipelines.all_stages(tx, {stage.pipeline_id}, viewer.company.locale)
    pipelines.demand_living(known, stage)
    facts = Facts()
    card_facts.step(facts, StageEvent(EventKind.CREATED, tx.now, None, stage.id), known)
    await cards.write_facts(tx, row["id"], Facts(), facts)


def deal_values(offer: Mapping[str, Any], step: OpenDeal) -> dict[str, Any]:
    """What the deal of an accepted offer holds."""
    return {
        "kind": "deal", **BLANK, "title": step.title, "client_id": step.client_id,
        "amount": step.amount, "currency": step.currency, "owner_id": offer["owner_id"],
        "contact_id": offer["contact_id"], "source": offer["source"],
    }  # fmt: skip


async def add_deal(
    tx: Unit, viewer: Viewer, offer: Mapping[str, Any], stage: Stage, step: OpenDeal
) -> int:
    """The deal of an accepted offer that hung on none, owned by the offer's owner."""
    values = deal_values(offer, step)
    deal_id = await cards.add(tx, deal, stage, values, SPECIAL_BLANK["deal"])
    row = {**values, "id": deal_id, "pipeline_id": stage.pipeline_id}
    await record_creation(tx, viewer, row, stage, made=[], caused_by_card_id=offer["id"])
    changes = cards.logged({}, {**values, **SPECIAL_BLANK["deal"], **stage.place()})
    await announce(tx, viewer, "created", "deal", deal_id, 1, changes)
    return deal_id
