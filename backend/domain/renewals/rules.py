"""The dates and the moves of renewals: terms, lead times, what a win or a loss brings. Pure."""

from datetime import date

from msgspec import Struct

from backend.domain.calendar import Period, activation_date, shift, term_date
from backend.domain.cards.follow_ups import (
    CloseChurn,
    CreateRenewal,
    EndAgreement,
    FollowUp,
    OpenChurn,
    Reanchor,
    Rehome,
)
from backend.domain.cards.plans import Plan, Situation, common, demand_ask
from backend.domain.consumption import Basis, Habit, lasting, period_of
from backend.domain.stages import Reason, Stage, StageKind, State
from backend.domain.tasks.rules import make
from backend.errors import FieldNeeded, NextDateNeeded, NotAcceptable, ReasonNeeded, pointed

OTHER = "other_agreement_id"


class Term(Struct, frozen=True, kw_only=True):
    """One renewal's place in its agreement's chain.

    `pipeline_id` is where the terms of the agreement wait; `goes_on` says whether the other
    agreement that the card names renews for the client.
    """

    renewal_id: int
    agreement_id: int
    client_id: int
    pipeline_id: int
    cycle: int
    renewal_date: date
    anchor_date: date
    anchor_cycle: int
    period: Period | None
    grace_days: int
    first_open: Stage
    end_reasons: tuple[Reason, ...] = ()
    quantity: int | None = None
    habit: Habit | None = None
    goes_on: bool = False


class NextTerm(Struct, frozen=True):
    """When the next renewal falls due, and the anchor it is counted from."""

    renewal_date: date
    anchor_date: date
    anchor_cycle: int
    period: Period | None
    basis: Basis


class Leads(Struct, frozen=True, kw_only=True):
    """All that says how long before its date a renewal comes into work."""

    renewal: str | None
    agreement: str | None
    product: str | None
    pipeline: str
    notice: str | None
    spread_days: int


class Activation(Struct, frozen=True):
    """The first day on which a renewal is due to come into work, and the lead time that says so."""

    on: date
    lead: Period
    source: str


def activation(renewal_date: date, leads: Leads) -> Activation:
    """When a renewal comes into work: by the most specific lead time.

    Never later than the notice period of a contract that prolongs itself, which the agreement
    says; a date that is a forecast counts from the early edge of its spread.
    """
    edge = shift(renewal_date, Period(leads.spread_days, "D"), -1)
    lead, source = _most_specific(leads)
    on = activation_date(edge, lead)
    if leads.notice is not None:
        notice = Period.parse(leads.notice)
        if activation_date(edge, notice) < on:
            return Activation(activation_date(edge, notice), notice, "agreement")
    return Activation(on, lead, source)


def _most_specific(leads: Leads) -> tuple[Period, str]:
    for source in ("renewal", "agreement", "product"):
        if (text := getattr(leads, source)) is not None:
            return Period.parse(text), source
    return Period.parse(leads.pipeline), "pipeline"


def comes_on(activates: date, today: date) -> date:
    """The day whose sweep brings it: what was missed comes today."""
    return max(activates, today)


def reached(last: date, lead_time: str) -> date:
    """A day behind which no renewal comes by `last` under a lead time; months end when they may."""
    try:
        return shift(shift(last, Period.parse(lead_time)), Period(4, "D"))
    except NotAcceptable:
        return date.max


def week_of(day: date, begins: int) -> date:
    """The first day of the week that a day lies in; weeks begin on a weekday, Monday being 1."""
    return date.fromordinal(max(day.toordinal() - (day.isoweekday() - begins) % 7, 1))


def is_due(activates: date, today: date) -> bool:
    """Due means on the day or any day after it, so that a missed day is caught up."""
    return activates <= today


def is_long_past(renewal_date: date, today: date, grace_days: int) -> bool:
    """Whether a date is past and the grace days after it, too."""
    return (today - renewal_date).days > grace_days


def next_term(term: Term, given: date | None, period: Period | None, today: date) -> NextTerm:
    """The next term after a win.

    A changed period counts from this term's date; a date that differs from the computed one
    becomes the new anchor. What is used up lasts from the later of this term's end and today.
    Else, after the grace days, a date must be chosen: NextDateNeeded carries the two proposals,
    `from_end` (this term's end) and `from_payment` (today).
    """
    if given is not None and given <= term.renewal_date:
        raise pointed(
            f"the next renewal date must come after this one ({term.renewal_date})",
            "/next_renewal_date",
            NextDateNeeded,
        )
    if given is None and period is None and (refilled := _refilled(term, today)) is not None:
        return refilled
    anchor, cycle, span = term.anchor_date, term.anchor_cycle, term.period
    if period is not None and period != term.period:
        anchor, cycle, span = term.renewal_date, term.cycle, period
    computed = None if span is None else term_date(anchor, cycle, span, term.cycle + 1)
    if given is not None:
        if given == computed:
            return NextTerm(given, anchor, cycle, span, Basis("period", term.quantity))
        return NextTerm(given, given, term.cycle + 1, span, Basis("manual", term.quantity))
    if computed is None or span is None:
        raise NextDateNeeded(
            "This agreement has no period, so the next renewal date is not known",
            missing_fields=["next_renewal_date"],
            suggested_action="send next_renewal_date, next_period, or end_agreement with a reason",
        )
    late = is_long_past(term.renewal_date, today, term.grace_days)
    if late or computed <= term.renewal_date:
        _demand_choice(term, computed, span, today, late)
    return NextTerm(computed, anchor, cycle, span, Basis("period", term.quantity))


def _refilled(term: Term, today: date) -> NextTerm | None:
    """The next term by how fast what is bought with this one is used up."""
    if term.habit is None or term.quantity is None:
        return None
    begin = max(term.renewal_date, today)
    forecast = lasting(term.habit, term.quantity, today, begin)
    if forecast is None:
        return None
    span = Period.parse(period_of(forecast))
    basis = Basis("consumption", term.quantity, forecast)
    return NextTerm(forecast.run_out, forecast.run_out, term.cycle + 1, span, basis)


def _demand_choice(term: Term, computed: date, span: Period, today: date, late: bool) -> None:
    from_end = computed if computed > term.renewal_date else shift(term.renewal_date, span)
    why = "Paid after the grace days" if late else "The term was moved past the next computed date"
    raise NextDateNeeded(
        f"{why}: choose from which date the next term counts",
        missing_fields=["next_renewal_date"],
        proposals={
            "from_end": from_end.isoformat(),
            "from_payment": shift(today, span).isoformat(),
        },
        suggested_action="send one of the proposals as next_renewal_date",
    )


def plan(situation: Situation, term: Term) -> Plan:
    """A renewal's move: activation, the next term of a win, the churn of a loss."""
    target, waits = situation.target, situation.origin.state is State.WAITING
    base = common(situation, comes_by_itself=waits and target.id == term.first_open.id)
    path: tuple[Stage, ...] = (target,)
    card = dict(base.card)
    if waits and target.state is not State.OPEN:
        # Straight from the store to a close: recorded as activated, then closed.
        path = (term.first_open, target)
        if target.kind is StageKind.LOST:
            card["lost_from_stage_id"] = term.first_open.id
    follow_ups: tuple[FollowUp, ...] = ()
    if target.kind is StageKind.WON:
        follow_ups = _after_win(situation, term)
    elif target.kind is StageKind.LOST:
        follow_ups = _after_loss(situation, term)
    elif waits:
        follow_ups = (make("r_activated", term.renewal_id),)
    follow_ups = (*_elsewhere(situation, term), *follow_ups)
    return Plan(path=path, card=card, special=base.special, follow_ups=follow_ups)


def _elsewhere(situation: Situation, term: Term) -> tuple[FollowUp, ...]:
    """Who takes a renewal to another pipeline means its next terms too; activation does not."""
    origin, target = situation.origin, situation.target
    led = origin.pipeline_id == target.pipeline_id or target.id == term.first_open.id
    if led or target.pipeline_id == term.pipeline_id:
        return ()
    return (Rehome(agreement_id=term.agreement_id, pipeline_id=target.pipeline_id),)


def _after_win(situation: Situation, term: Term) -> tuple[FollowUp, ...]:
    back = CloseChurn(client_id=term.client_id, on=situation.today)
    given = situation.given
    if given.end_agreement is not None:
        reason = end_reason(given.end_agreement.reason_id, term, situation)
        return EndAgreement(agreement_id=term.agreement_id, reason_id=reason.id), back
    period = None if given.next_period is None else Period.parse(given.next_period)
    after = next_term(term, given.next_renewal_date, period, situation.today)
    steps: list[FollowUp] = []
    if (after.anchor_date, after.anchor_cycle, after.period) != (
        term.anchor_date, term.anchor_cycle, term.period,
    ):  # fmt: skip
        steps.append(
            Reanchor(
                agreement_id=term.agreement_id,
                anchor_date=after.anchor_date,
                anchor_cycle=after.anchor_cycle,
                period=None if after.period is None else str(after.period),
            )
        )
    following = CreateRenewal(
        agreement_id=term.agreement_id, cycle=term.cycle + 1, renewal_date=after.renewal_date,
        basis=after.basis,
    )  # fmt: skip
    return *steps, following, back


def end_reason(reason_id: int, term: Term, situation: Situation) -> Reason:
    """The reason for no further renewal; ReasonNeeded with those to choose from."""
    for reason in term.end_reasons:
        if reason.id == reason_id:
            demand_ask(reason, situation)
            if situation.values[OTHER] is not None:
                _demand_going_on(term)
            return reason
    raise ReasonNeeded(
        "“No further renewal” needs one of these reasons",
        reasons=[
            {"id": r.id, "key": r.key, "name": r.name, "ask": r.ask} for r in term.end_reasons
        ],
        suggested_action="send end_agreement.reason_id",
    )


def _after_loss(situation: Situation, term: Term) -> tuple[FollowUp, ...]:
    reason = situation.reason
    assert reason is not None  # `common` has demanded it
    if reason.ask == OTHER:
        _demand_going_on(term)
    ended = EndAgreement(agreement_id=term.agreement_id, reason_id=reason.id)
    if reason.churn == "no":
        return (ended,)
    return ended, OpenChurn(
        client_id=term.client_id,
        renewal_id=term.renewal_id,
        agreement_id=term.agreement_id,
        opened_on=term.renewal_date,
    )


def _demand_going_on(term: Term) -> None:
    """FieldNeeded where what ends here would go on nowhere, and so be forgotten."""
    if not term.goes_on:
        raise FieldNeeded(
            "The other agreement has to be one of the same client that runs and renews",
            missing_fields=[OTHER],
            suggested_action=f"send `fields.{OTHER}` with the move: GET /agreements?client_id=…",
        )


def demand_later(when: date, before: date | None) -> None:
    """NextDateNeeded where a term would end no later than the one before it."""
    if before is not None and when <= before:
        raise pointed(
            f"a term ends after the one before it ({before})", "/renewal_date", NextDateNeeded
        )
