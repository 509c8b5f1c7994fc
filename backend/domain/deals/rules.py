"""What a deal's moves demand and bring about: above all, that a win names what renews. Pure."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from msgspec import Struct, structs

from backend.domain import money
from backend.domain.calendar import Period, shift
from backend.domain.cards.follow_ups import CloseChurn, CreateAgreement, FollowUp, Refill
from backend.domain.cards.plans import Plan, Situation, common
from backend.domain.consumption import Basis, Habit, Rate, lasting, period_of
from backend.domain.money import times
from backend.domain.stages import StageKind
from backend.domain.tasks.rules import on_entering
from backend.errors import FieldNeeded, NextDateNeeded


class Held(Struct, frozen=True):
    """What a client holds of a product already: the agreement and its pending renewal."""

    agreement_id: int
    renewal_id: int
    cycle: int
    renewal_date: date


class Line(Struct, frozen=True, kw_only=True):
    """A product line with what its product says about renewing; quantity in thousandths.

    A product that is used up has a `habit`; `stated` is what the client says at this sale.
    """

    product_id: int
    product_name: str
    renews: bool
    product_period: str | None
    quantity: int
    amount: int
    stated: Rate | None = None
    habit: Habit | None = None
    held: Held | None = None


class Dated(Struct, frozen=True):
    """When the term of what is sold ends, and from where later terms are counted."""

    renewal_date: date
    anchor_date: date
    anchor_cycle: int
    period: str | None
    basis: Basis


class Sale(Struct, frozen=True, kw_only=True):
    """What the rules need to know about a deal that is won."""

    title: str
    client_id: int | None
    amount: int | None
    start_on: date | None
    renewal_date: date | None
    renewal_period: str | None
    one_off: bool
    renewal_on_win: str
    holds_agreement: bool
    lines: tuple[Line, ...]


def plan(situation: Situation, sale: Sale | None) -> Plan:
    """A deal's move; a win makes an agreement with its first renewal for each thing that renews.

    No sale means that the move is no win.
    """
    base = common(situation)
    if sale is None or situation.target.kind is not StageKind.WON:
        steps = on_entering("deal", situation.target.key, situation.values["id"])
        return structs.replace(base, follow_ups=steps)
    follow_ups = agreements(situation, sale)
    if sale.client_id is not None:
        follow_ups.append(CloseChurn(client_id=sale.client_id, on=situation.today))
    return Plan(path=base.path, card=base.card, follow_ups=tuple(follow_ups))


def agreements(situation: Situation, sale: Sale) -> list[FollowUp]:
    """The agreements a won deal makes, and the pending renewals that a repeat purchase moves.

    NextDateNeeded where `renewal_on_win` demands an answer and none was given: a product that
    renews and nobody knows when, or a client who already holds an agreement.
    """
    if sale.one_off or sale.renewal_on_win == "off":
        return []
    given = situation.given
    when = given.next_renewal_date or sale.renewal_date
    period = given.next_period or sale.renewal_period
    start = sale.start_on or situation.today
    renewing = _purchases(sale)
    dated = [(line, _of_line(line, when, period, start)) for line in renewing]
    if sale.renewal_on_win == "required" and when is None and period is None:
        _demand_answer([line for line, found in dated if found is None], renewing, sale)
    steps = [_step(line, found) for line, found in dated if found is not None]
    whole = None if renewing else _dated(when, period, start)
    if whole is not None:
        steps.append(_agreement(sale.title, None, whole, sale.amount))
    if steps and sale.client_id is None:
        raise FieldNeeded(
            "A renewal needs the client it is for",
            missing_fields=["client_id"],
            suggested_action="send fields.client_id with the move",
        )
    return steps


def total(lines: Iterable[tuple[str, str]], currency: str) -> str | None:
    """What lines come to, from their prices and quantities; each is rounded half-even."""
    each = (
        times(money.minor(Decimal(price), currency), money.scaled(Decimal(quantity), 3, ""))
        for price, quantity in lines
    )
    return money.text(sum(each), currency)


def computed(sale: Sale, today: date) -> date | None:
    """The first day on which something that is sold ends or runs out; None where none is known."""
    start = sale.start_on or today
    period = sale.renewal_period
    lines = [_of_line(line, None, period, start) for line in _purchases(sale)]
    found = lines or [_dated(None, period, start)]
    return min((one.renewal_date for one in found if one is not None), default=None)


def _purchases(sale: Sale) -> list[Line]:
    """The lines that renew; of what is used up a client has one stock, however many lines."""
    found: dict[tuple[bool, int], Line] = {}
    for place, line in enumerate(line for line in sale.lines if line.renews):
        key = (True, line.product_id) if line.habit is not None else (False, place)
        found[key] = _together(found[key], line) if key in found else line
    return list(found.values())


def _together(one: Line, more: Line) -> Line:
    """Two lines of what is used up as one; what the last of them states holds."""
    said = one if more.stated is None else more
    return structs.replace(
        one, quantity=one.quantity + more.quantity, amount=one.amount + more.amount,
        stated=said.stated, habit=said.habit,
    )  # fmt: skip


def _demand_answer(unknown: list[Line], renewing: list[Line], sale: Sale) -> None:
    if unknown:
        why = f"“{unknown[0].product_name}” renews, and it is not known when"
    elif sale.holds_agreement and not renewing:
        why = "This client holds an agreement; say whether this sale renews too"
    else:
        return
    raise NextDateNeeded(
        why,
        missing_fields=["renewal_date|renewal_period|one_off"],
        suggested_action="send one of them in `fields`: a date, a period such as P1Y, "
        "or one_off: true",
    )


def _dated(
    when: date | None, period: str | None, start: date, quantity: int | None = None
) -> Dated | None:
    """A term by the date or the period that is given."""
    if when is not None:
        return Dated(when, when, 1, period, Basis("manual", quantity))
    if period is None:
        return None
    return Dated(shift(start, Period.parse(period)), start, 0, period, Basis("period", quantity))


def _of_line(line: Line, when: date | None, period: str | None, start: date) -> Dated | None:
    """The term of what is sold; what is used up lasts from when the client's stock ends."""
    if line.habit is None:
        return _dated(when, period or line.product_period, start)
    begin = start if line.held is None else max(start, line.held.renewal_date)
    if when is None and period is None:
        forecast = lasting(line.habit, line.quantity, start, begin)
        if forecast is not None:
            basis = Basis("consumption", line.quantity, forecast)
            return Dated(forecast.run_out, begin, 0, period_of(forecast), basis)
    return _dated(when, period or line.product_period, begin, line.quantity)


def _step(line: Line, dated: Dated) -> FollowUp:
    if line.held is None:
        return _agreement(line.product_name, line.product_id, dated, line.amount, line.stated)
    return Refill(
        agreement_id=line.held.agreement_id, renewal_id=line.held.renewal_id,
        cycle=line.held.cycle, renewal_date=dated.renewal_date, period=dated.period,
        amount=line.amount, stated=line.stated, basis=dated.basis,
    )  # fmt: skip


def _agreement(
    title: str,
    product_id: int | None,
    dated: Dated,
    amount: int | None,
    stated: Rate | None = None,
) -> CreateAgreement:
    return CreateAgreement(
        title=title, product_id=product_id, anchor_date=dated.anchor_date,
        anchor_cycle=dated.anchor_cycle, period=dated.period, renewal_date=dated.renewal_date,
        amount=amount, stated=stated, basis=dated.basis,
    )  # fmt: skip
