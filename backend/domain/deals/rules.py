"""What a deal's moves demand and bring about: above all, that a win names what renews. Pure."""

from datetime import date

from msgspec import Struct, structs

from backend.domain.calendar import Period, shift
from backend.domain.cards.follow_ups import CloseChurn, CreateAgreement, FollowUp
from backend.domain.cards.plans import Plan, Situation, common
from backend.domain.money import times
from backend.domain.stages import StageKind
from backend.domain.tasks.rules import on_entering
from backend.errors import FieldNeeded, NextDateNeeded


class Line(Struct, frozen=True, kw_only=True):
    """A product line with what its product says about renewing; quantity in thousandths."""

    product_id: int
    product_name: str
    renews: bool
    product_period: str | None
    quantity: int
    price: int


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
    follow_ups: list[FollowUp] = list(agreements(situation, sale))
    if sale.client_id is not None:
        follow_ups.append(CloseChurn(client_id=sale.client_id, on=situation.today))
    return Plan(path=base.path, card=base.card, follow_ups=tuple(follow_ups))


def agreements(situation: Situation, sale: Sale) -> list[CreateAgreement]:
    """The agreements a won deal makes.

    NextDateNeeded where `renewal_on_win` demands an answer and none was given: a product that
    renews without a period, or a client who already holds an agreement.
    """
    if sale.one_off or sale.renewal_on_win == "off":
        return []
    given = situation.given
    when = given.next_renewal_date or sale.renewal_date
    period = given.next_period or sale.renewal_period
    lines = [line for line in sale.lines if line.renews]
    if sale.renewal_on_win == "required":
        _demand_answer(lines, when, period, sale.holds_agreement)
    start = sale.start_on or situation.today
    made = [_of_line(line, when, period, start) for line in lines]
    if not lines:
        made = [_agreement(sale.title, None, when, period, start, sale.amount)]
    found = [agreement for agreement in made if agreement is not None]
    if found and sale.client_id is None:
        raise FieldNeeded(
            "A renewal needs the client it is for",
            missing_fields=["client_id"],
            suggested_action="send fields.client_id with the move",
        )
    return found


def _demand_answer(
    lines: list[Line], when: date | None, period: str | None, holds_agreement: bool
) -> None:
    if when is not None or period is not None:
        return
    open_ended = [line.product_name for line in lines if line.product_period is None]
    if open_ended:
        why = f"“{open_ended[0]}” renews, and it is not known when"
    elif holds_agreement and not lines:
        why = "This client holds an agreement; say whether this sale renews too"
    else:
        return
    raise NextDateNeeded(
        why,
        missing_fields=["renewal_date|renewal_period|one_off"],
        suggested_action="send one of them in `fields`: a date, a period such as P1Y, "
        "or one_off: true",
    )


def _of_line(
    line: Line, when: date | None, period: str | None, start: date
) -> CreateAgreement | None:
    amount = times(line.price, line.quantity)
    return _agreement(
        line.product_name, line.product_id, when, period or line.product_period, start, amount
    )


def _agreement(
    title: str,
    product_id: int | None,
    when: date | None,
    period: str | None,
    start: date,
    amount: int | None,
) -> CreateAgreement | None:
    if when is not None:
        anchor, cycle, due = when, 1, when
    elif period is not None:
        anchor, cycle, due = start, 0, shift(start, Period.parse(period))
    else:
        return None
    return CreateAgreement(
        title=title,
        product_id=product_id,
        anchor_date=anchor,
        anchor_cycle=cycle,
        period=period,
        renewal_date=due,
        amount=amount,
    )
