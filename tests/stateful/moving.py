"""What a move must do, and what it brings about elsewhere; nothing changes before all is clear."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

from tests.stateful import back
from tests.stateful.dates import later
from tests.stateful.state import (
    STAGES,
    Agreement,
    Card,
    Churn,
    Given,
    Last,
    Made,
    Model,
    Refused,
    demand,
)

ARROWS = {
    "draft": (), "request": ("draft",), "sent": ("request", "rework"), "rework": ("sent",),
    "accepted": ("sent",), "declined": ("draft", "request", "sent", "rework"),
}  # fmt: skip
PRICED = ("negotiation", "invoice", "invoice_sent")
FOLLOWS = {
    ("lead", "accepted"): "client", ("deal", "sent"): "offer", ("deal", "rework"): "negotiation",
    ("deal", "accepted"): "invoice", ("renewal", "accepted"): "invoice_required",
}  # fmt: skip
GRACE = timedelta(days=30)
Step = Callable[[str, Made], None]


def make(m: Model, card: Card) -> None:
    """A new card; an offer takes its lead along."""
    for tie in card.ties.values():
        demand(not m.cards[tie].deleted, "NotFound")
    m.cards.append(card)
    if "lead" in card.ties:
        _follow(m, "anna", card.ties["lead"], "offering", [])


def agree(m: Model, agreement: Agreement, due: date, source: Card) -> None:
    """An agreement with its first renewal."""
    m.agreements.append(agreement)
    _renewal(m, len(m.agreements) - 1, 1, due, source)


def _renewal(
    m: Model, number: int, cycle: int, due: date, source: Card, previous: int | None = None
) -> None:
    m.cards.append(
        Card(
            "renewal", "scheduled", source.owner, source.client, source.title, source.amount,
            agreement=number, cycle=cycle, due=due, previous=previous,
            active=later(due, m.agreements[number].lead, -1),
        )
    )  # fmt: skip


def move(m: Model, viewer: str, number: int, stage: str, given: Given) -> None:
    """A move by a person."""
    card = m.his(viewer, number)
    if stage == card.stage:  # another place in the column
        card.version += 1
        card.last = None
    else:
        go(m, viewer, number, stage, given)


def go(m: Model, viewer: str, number: int, stage: str, given: Given) -> None:
    """A card goes to another stage, with all that follows."""
    card = m.cards[number]
    goes = replace(card, stage=stage)
    _demand_arrow(card, goes)
    if card.kind == "deal" and stage == "won":
        _answer(goes, given)
    _demand_fields(goes, given)
    steps = _plan(m, number, goes, given)
    made: Made = []
    if card.closed and goes.state == "open":
        back.withdraw(m, card.closing)
        made += [("withdrawn",)] if card.closing else []
    last = Last(viewer, m.now, replace(card, last=None), made)
    for name in ("stage", "when", "period", "one_off"):
        setattr(card, name, getattr(goes, name))
    card.version += 1
    for step in steps:
        step(viewer, made)
    card.last, card.closing = last, made if card.closed else []


def _demand_arrow(card: Card, goes: Card) -> None:
    demand(goes.state != "waiting", "MoveRefused")
    demand(not (card.closed and goes.closed), "MoveRefused")
    if card.kind == "offer":
        demand(not card.closed and card.stage in ARROWS[goes.stage], "MoveRefused")


def _demand_fields(goes: Card, given: Given) -> None:
    if goes.stage in PRICED:
        demand(goes.amount is not None, "FieldNeeded")
    if goes.stage in ("contacted", "qualified"):
        demand(goes.complete, "FieldNeeded")
    if goes.state == "lost":
        demand(given.reason, "ReasonNeeded")
    if goes.stage == "rework":
        demand(given.comment, "FieldNeeded")


def _answer(deal: Card, given: Given) -> None:
    """What the move says about renewing is written into the deal."""
    if given.one_off:
        deal.when, deal.period, deal.one_off = None, None, True
    elif given.when or given.period:
        deal.one_off = False
        deal.when, deal.period = given.when or deal.when, given.period or deal.period


def _plan(m: Model, number: int, goes: Card, given: Given) -> list[Step]:
    """What is to be done elsewhere; Refused where something must be known first."""
    if goes.kind == "deal" and goes.state == "won":
        return [*_sold(m, goes), _back_again(m, goes)]
    if goes.kind == "renewal" and goes.state == "won":
        return [*_renewed(m, number, goes, given), _back_again(m, goes)]
    if goes.kind == "renewal" and goes.state == "lost":
        return [_terms(m, goes.agreement, runs=False), _gone(m, goes)]
    return _offered(m, number, goes) if goes.kind == "offer" else []


def _sold(m: Model, deal: Card) -> list[Step]:
    if deal.one_off:
        return []
    demand(deal.when or deal.period or not m.holds(deal.client), "NextDateNeeded")
    if deal.when:
        agreement, due = Agreement(deal.client, deal.owner, deal.when, 1, deal.period), deal.when
    elif deal.period:
        due = later(m.today, deal.period, 1)
        agreement = Agreement(deal.client, deal.owner, m.today, 0, deal.period)
    else:
        return []

    def step(viewer: str, made: Made) -> None:
        agree(m, agreement, due, deal)
        made.append(("agreement", len(m.agreements) - 1, 1))
        made.append(("renewal", len(m.cards) - 1, 1))

    return [step]


def _renewed(m: Model, number: int, card: Card, given: Given) -> list[Step]:
    if given.ends:
        return [_terms(m, card.agreement, runs=False)]
    old = m.agreements[card.agreement]
    demand(given.when is None or given.when > card.due, "NextDateNeeded")
    new = replace(old)
    if given.period and given.period != old.period:
        new = replace(old, anchor=card.due, cycle=card.cycle, period=given.period)
    computed = None
    if new.period:
        computed = later(new.anchor, new.period, card.cycle + 1 - new.cycle)
    due = given.when or computed
    demand(due, "NextDateNeeded")
    assert due is not None
    if given.when is None:
        demand(due > card.due and m.today <= card.due + GRACE, "NextDateNeeded")
    elif due != computed:
        new = replace(new, anchor=due, cycle=card.cycle + 1)
    terms = {name: getattr(new, name) for name in ("anchor", "cycle", "period")}
    steps = [_terms(m, card.agreement, **terms)] if new != old else []

    def step(viewer: str, made: Made) -> None:
        _renewal(m, card.agreement, card.cycle + 1, due, card, number)
        made.append(("renewal", len(m.cards) - 1, 1))

    return [*steps, step]


def _terms(m: Model, number: int, **values: object) -> Step:
    def step(viewer: str, made: Made) -> None:
        agreement = m.agreements[number]
        before = {name: getattr(agreement, name) for name in values}
        change(m, number, **values)
        made.append(("terms", number, agreement.version, before))

    return step


def change(m: Model, number: int, **values: object) -> None:
    """Write an agreement."""
    for name, value in values.items():
        setattr(m.agreements[number], name, value)
    m.agreements[number].version += 1


def _gone(m: Model, card: Card) -> Step:
    def step(viewer: str, made: Made) -> None:
        if not m.holds(card.client, but=card.agreement):
            m.churns.append(Churn(card.client, card.due))
            made.append(("churn", len(m.churns) - 1))

    return step


def _back_again(m: Model, card: Card) -> Step:
    def step(viewer: str, made: Made) -> None:
        for number, churn in enumerate(m.churns):
            if churn.client == card.client and churn.closed is None and not churn.void:
                churn.closed = m.today
                made.append(("churn_closed", number))

    return step


def _offered(m: Model, number: int, offer: Card) -> list[Step]:
    def follow(viewer: str, made: Made) -> None:
        for kind in ("lead", "deal", "renewal"):
            if kind in offer.ties and (kind, offer.stage) in FOLLOWS:
                _follow(m, viewer, offer.ties[kind], FOLLOWS[kind, offer.stage], made)
        if offer.stage == "accepted" and not {"deal", "renewal"} & set(offer.ties):
            m.cards.append(
                Card("deal", "invoice", offer.owner, offer.client, offer.title, offer.amount)
            )
            m.cards[number].ties["deal"] = len(m.cards) - 1
            made.append(("deal", len(m.cards) - 1, 1, number))

    return [follow]


def _follow(m: Model, viewer: str, number: int, stage: str, made: Made) -> None:
    """Another card goes forwards where it can; else it stays."""
    card = m.cards[number]
    forwards = STAGES[card.kind].index(stage) > card.place
    if card.deleted or card.closed or not forwards:
        return
    try:
        go(m, viewer, number, stage, Given())
    except Refused:
        return
    made.append(("move", number, card.version))
