"""What a report was asked for: all of it stands in the address, so a link tells all."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import msgspec
from msgspec import structs

from backend.domain.access import Viewer
from backend.domain.funnels.schemas import ReportFilters, Rest
from backend.errors import BadRequest
from backend.reading import converted
from backend.routes.web import words
from backend.routes.web.reports.period import PERIODS, span
from backend.routes.web.reports.sheet import Column, Kind, Said
from backend.routes.web.view import View
from backend.routes.web.words import N_

PERIOD = "period"


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, for which report, and for what; `given` is what the address says."""

    view: View
    viewer: Viewer
    path: str
    filters: Any
    period: str | None
    given: Mapping[str, str]

    def here(self, **changes: str | None) -> str:
        """The same report with something changed; None takes it out of the address."""
        told = {**self.given, **changes}
        return _address(self.path, {name: value for name, value in told.items() if value})

    def query(self, **changes: str | None) -> str:
        """The same behind the `?` alone."""
        return self.here(**changes).removeprefix(self.path)

    def cards(self, **picked: Any) -> str:
        """Where the cards behind one of the numbers are listed."""
        given = {name: str(one) for name, one in picked.items() if one is not None}
        return _address(f"{self.path}/cards", {**plain(self.filters), **given})

    def say(self, text: str, **values: Any) -> str:
        """A text in the viewer's language."""
        told = self.view.gettext(text)
        return told % values if values else told

    def within(self, text: str) -> str:
        """The same where it begins no line."""
        told = self.say(text)
        return told[:1].lower() + told[1:]

    def columns(self, heads: Iterable[tuple[str, Kind]]) -> list[Column]:
        """Columns by what they are called; one that needs no name has none."""
        return [Column(self.say(label) if label else "", told) for label, told in heads]

    def number(self, value: Any, places: int = 0) -> str:
        return words.number(value, self.viewer.company.locale, places)

    def share(self, value: float | None) -> str:
        return words.share(value, self.viewer.company.locale)

    def percent(self, value: Any) -> str:
        """A limit, with decimals where it has any."""
        places = 0 if Decimal(str(value)) % 1 == 0 else 2
        return words.percent(value, self.viewer.company.locale, places)

    def money(self, value: Any, currency: str, *, short: bool = True) -> str:
        return words.money(value, currency, self.viewer.company.locale, short=short)

    def against(
        self, now: float | None, then: float | None, rising: str = "good"
    ) -> tuple[str, str]:
        """How a share stands to that of the period before, and the tone of it: `rising` is the
        tone of more than before."""
        points = self.points(now, then)
        falling = {"good": "bad", "bad": "good"}[rising]
        tone = falling if (now or 0) < (then or 0) else rising
        told = N_("%(points)s pt against the period before")
        return points and self.say(told, points=points), tone

    def rest(self, one: Rest) -> Said:
        """What no sum holds: amounts are never mixed, and never guessed."""
        cards = self.view.ngettext("%(num)s card", "%(num)s cards", one.cards) % {"num": one.cards}
        if one.amount is None:
            return Said(self.say(N_("Not in the sums: %(cards)s without an amount."), cards=cards))
        amount = self.money(one.amount, one.currency)
        return Said(
            self.say(N_("Not in the sums: %(cards)s, %(amount)s."), cards=cards, amount=amount)
        )

    def days(self, first: date | None, last: date | None) -> str:
        """A period by its days."""
        told = (words.day(one, self.viewer.company.locale, year=True) for one in (first, last))
        return " – ".join(told)

    def points(self, now: float | None, then: float | None) -> str:
        """How many hundredths a share has changed by: `+3.1`."""
        if now is None or then is None:
            return ""
        change = 100 * (Decimal(str(now)) - Decimal(str(then)))
        return ("+" if change > 0 else "") + self.number(change, 1)


def plain(filters: ReportFilters) -> dict[str, str]:
    """Filters as an address has them: what is not said is left out."""
    told: dict[str, Any] = msgspec.to_builtins(filters)
    usual = {one.encode_name: one.default for one in structs.fields(filters)}
    return {name: _spelt(value) for name, value in told.items() if value not in (None, usual[name])}


def _spelt(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _address(path: str, told: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(told)}" if told else path


def said_in(view: View, *beside: str) -> dict[str, str]:
    """The parameters of a page's address; what a form leaves empty is as good as not said."""
    sent = view.request.query_params.multi_items()
    return {name: value for name, value in sorted(sent) if value and name not in beside}


def dated(
    given: Mapping[str, str], kind: type[Any], viewer: Viewer, now: Any, usual: str | None
) -> tuple[Any, str | None]:
    """The filters of an address, and the period that it names; days that are given go before.

    `usual` is the period of who says nothing of it.
    """
    told = {name: value for name, value in given.items() if name != PERIOD}
    period = given.get(PERIOD, usual)
    if "from" in told or "to" in told:
        period = None
    if period is not None and period not in PERIODS:
        raise BadRequest(f"There is no period “{period}”")
    if period is not None:
        first, last = span(period, viewer.company.today(now))
        told |= {} if first is None else {"from": str(first), "to": str(last)}
    return converted(told, kind), period
