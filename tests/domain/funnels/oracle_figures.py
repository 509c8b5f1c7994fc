"""What a funnel makes of its sets, slowly: shares, times in stages, sums of who stands where."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from fractions import Fraction
from statistics import mean, median, quantiles

from tests.domain.funnels.oracle import WORK, Told
from tests.domain.funnels.oracle_reports import share

Weight = Callable[[str, int | None], int]  # how much a number of the funnel holds
DAY = 86_400


def shares(
    basis: str, count: str, stage: int, first: int, weight: Weight
) -> dict[str, float | None]:
    """What the numbers of a stage may be called; None where that would not be a conversion."""
    reached, advanced, lost = (weight(name, stage) for name in ("reached", "advanced", "lost"))
    found: dict[str, float | None] = dict.fromkeys(
        ("conversion", "resolved_conversion", "drop_off", "still_open", "cumulative")
    )
    if basis == "flow":
        found["conversion"] = found["resolved_conversion"] = share(advanced, advanced + lost)
        found["drop_off"] = share(lost, advanced + lost)
    elif basis == "cohort":
        found["drop_off"] = share(lost, reached)
        found["still_open"] = share(weight("open", stage), reached)
        if count != "touched":
            found["cumulative"] = share(advanced, weight("reached", first))
        if count == "furthest":
            found["conversion"] = share(advanced, reached)
            found["resolved_conversion"] = share(advanced, advanced + lost)
    return found


def win_rates(weight: Weight) -> tuple[float | None, float | None]:
    """Without the losses that should never have been, and with them."""
    won = weight("won", None) + weight("bypassed", None)
    lost, void = weight("lost", None), weight("void", None)
    return share(won, won + lost - void), share(won, won + lost)


def times(
    cards: Iterable[Told], among: set[int], pipeline: int, as_of: datetime
) -> dict[int, dict[str, float | int | None]]:
    """Days in stages: of the cards that stand there no more, all their visits together; how old
    the others are there; all visits counted."""
    done: dict[int, list[int]] = {}
    ages: dict[int, list[int]] = {}
    visits: dict[int, int] = {}
    for one in cards:
        been = one.within(pipeline) if one.card["id"] in among else []
        for stage in {stay.stage["id"] for stay in been if stay.stage["kind"] in WORK}:
            own = [stay for stay in been if stay.stage["id"] == stage]
            visits[stage] = visits.get(stage, 0) + len(own)
            if own[-1].ended is None:
                ages.setdefault(stage, []).append(_seconds(own[-1].began, as_of))
            else:
                spent = sum(_seconds(s.began, s.ended) for s in own if s.ended is not None)
                done.setdefault(stage, []).append(spent)
    return {
        stage: {
            "visits": many, "median": _days(median, done.get(stage)),
            "p80": _days(p80, done.get(stage)), "mean": _days(mean, done.get(stage)),
            "age": _days(median, ages.get(stage)),
        }
        for stage, many in visits.items()
    }  # fmt: skip


def standing(
    cards: Sequence[Told], among: set[int], of: int, as_of: datetime
) -> tuple[int, float | None, dict[str, tuple[int, int, int]], float | None, float | None]:
    """The cards that stand in a stage: how many, their share, (cards, amount, weighted) by
    currency, the median and the 80th percentile of their ages there."""
    own = [one for one in cards if one.card["id"] in among]
    sums = {
        currency: (len(same), sum(amounts), _weighted(same, as_of))
        for currency in {one.events[-1]["currency"] for one in own}
        if (same := [one for one in own if one.events[-1]["currency"] == currency])
        if (amounts := [one.amount(currency) for one in same])
    }
    ages = [_seconds(one.stays[-1].began, as_of) for one in own]
    return len(own), share(len(own), of), sums, _days(median, ages), _days(p80, ages)


def _weighted(cards: Iterable[Told], as_of: datetime) -> int:
    exact = Fraction(0)
    for one in cards:
        chance = chance_at(one, as_of)
        if chance is None:
            chance = one.stays[-1].stage["probability"]
        exact += Fraction((one.events[-1]["amount"] or 0) * chance, 100)
    return round(exact)


def chance_at(one: Told, as_of: datetime) -> int | None:
    """The probability that somebody had given to a card: what it was before the first change that
    came later, else what it is."""
    later = [
        change["before"]
        for event in one.world.histories()[one.card["id"]] if event["at"] >= as_of
        for change in event["changes"] if change["field"] == "probability"
    ]  # fmt: skip
    found: int | None = (later or [one.card["probability"]])[0]
    return found


def p80(values: Sequence[int]) -> float:
    return quantiles(values, n=10, method="inclusive")[7] if len(values) > 1 else values[0]


def _seconds(since: datetime, until: datetime) -> int:
    return max(0, int((until - since).total_seconds()))


def _days(made: Callable[[list[int]], float], values: list[int] | None) -> float | None:
    return round(made(values) / DAY, 4) if values else None
