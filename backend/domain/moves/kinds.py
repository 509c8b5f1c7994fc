"""What moves need of the four kinds of cards: fields made ready, lines written, plans made."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from msgspec import structs

from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.domain.calendar import Period
from backend.domain.cards.kinds import Kind, Written, ready
from backend.domain.cards.plans import Plan, Situation
from backend.domain.deals import actions as deals
from backend.domain.deals import queries as deal_queries
from backend.domain.deals import rules as deal_rules
from backend.domain.leads import actions as leads
from backend.domain.leads import rules as lead_rules
from backend.domain.offers import actions as offers
from backend.domain.offers import queries as offer_queries
from backend.domain.offers import rules as offer_rules
from backend.domain.pipelines import queries as pipelines
from backend.domain.pipelines.queries import Pipeline
from backend.domain.renewals import actions as renewals
from backend.domain.renewals import rules as renewal_rules
from backend.domain.renewals.terms import queries as terms
from backend.domain.stages import Stage, StageKind, State

Prepare = Callable[[Unit, Any, Mapping[str, Any]], Awaitable[Written]]
WriteLines = Callable[[Unit, int, Written], Awaitable[None]]
MakePlan = Callable[[Unit, Viewer, Situation, Pipeline, Written], Awaitable[Plan]]


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What making, moving and editing a card needs to know of its kind."""

    kind: Kind
    prepare: Prepare
    write_lines: WriteLines
    plan: MakePlan


async def _no_lines(tx: Unit, card_id: int, written: Written) -> None:
    return None


async def _plan_lead(
    tx: Unit, viewer: Viewer, situation: Situation, home: Pipeline, written: Written
) -> Plan:
    return lead_rules.plan(situation)


async def _prepare_lead(tx: Unit, fields: Any, row: Mapping[str, Any]) -> Written:
    return ready(leads.KIND, fields, row)


async def _plan_deal(
    tx: Unit, viewer: Viewer, situation: Situation, home: Pipeline, written: Written
) -> Plan:
    mode = home.renewal_on_win or "off"
    sale = None
    if situation.target.kind is StageKind.WON:
        ours = viewer.company
        sale = await deal_queries.sale(tx, ours, situation.values, mode, written.lines)
    dated = await computed_date(tx, viewer, situation.target, situation.values, written.lines)
    known = structs.replace(situation, values={**situation.values, **dated})
    plan = deal_rules.plan(known, sale)
    return structs.replace(plan, special={**plan.special, **dated}) if dated else plan


async def computed_date(
    tx: Unit, viewer: Viewer, stage: Stage, values: Mapping[str, Any], lines: list[Any] | None
) -> dict[str, Any]:
    """The renewal date of a deal that enters a stage which computes it; a date by hand stays."""
    by_hand = values["renewal_date"] is not None and not values["renewal_date_computed"]
    if not stage.computes_renewal_date or stage.state is not State.OPEN or by_hand:
        return {}
    sale = await deal_queries.sale(tx, viewer.company, values, "offer", lines)
    if sale.one_off:
        return {}
    found = deal_rules.computed(sale, viewer.company.today(tx.now))
    return {"renewal_date": found, "renewal_date_computed": found is not None}


async def _plan_renewal(
    tx: Unit, viewer: Viewer, situation: Situation, home: Pipeline, written: Written
) -> Plan:
    locale = viewer.company.locale
    _, first = await pipelines.activation_stage(tx, home, locale)
    ends = tuple(await pipelines.reasons(tx, home.id, "end", locale))
    term = await terms.of_one(tx, situation.values, viewer, first, ends)
    return renewal_rules.plan(situation, term)


async def _plan_offer(
    tx: Unit, viewer: Viewer, situation: Situation, home: Pipeline, written: Written
) -> Plan:
    terms = await offer_queries.terms(
        tx, situation.values, viewer, home.approval_mode or "never", written.lines
    )
    return offer_rules.plan(situation, terms, Period.parse(viewer.company.offer_validity))


BEHAVIOURS: dict[str, Behaviour] = {
    "lead": Behaviour(leads.KIND, _prepare_lead, _no_lines, _plan_lead),
    "offer": Behaviour(offers.KIND, offers.prepare, offers.write_lines, _plan_offer),
    "deal": Behaviour(deals.KIND, deals.prepare, deals.write_lines, _plan_deal),
    "renewal": Behaviour(renewals.KIND, renewals.prepare, _no_lines, _plan_renewal),
}
