"""How every report is served: the page, the part of it that filters change, the file, the cards."""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from msgspec import structs

from backend.db.session import Unit
from backend.domain.funnels.behind import queries as behind
from backend.domain.funnels.behind.queries import Behind
from backend.domain.funnels.choices.queries import choices
from backend.errors import BadRequest
from backend.routes.web.pages import SAFE
from backend.routes.web.policy import REPORTS
from backend.routes.web.reports.asked import PERIOD, Asked, dated, said_in
from backend.routes.web.reports.narrowing import SEARCHES, narrowings, terms
from backend.routes.web.reports.period import PERIODS
from backend.routes.web.reports.sheet import Sheet
from backend.routes.web.view import View, ViewDep
from backend.routes.web.words import SOURCES

AFTER, BESIDE = "after", "compare"
# What every report can be asked for, beside its days and its pipeline.
WHOSE = ("owner_id", "team_id", "source", "product_id")


class Choice(NamedTuple):
    """A filter of one report alone: a name, what it is called, values with what they are called.

    The first value is what holds where nothing is said; it is written as an empty one.
    """

    name: str
    label: str
    options: tuple[tuple[str, str], ...]


class Pile(NamedTuple):
    """The cards behind the numbers: how they are asked for, and found. `names` is the field that
    says of which number, and what its values are called."""

    filters: type[Any]
    find: Callable[[Unit, Any, Any, int], Awaitable[Behind]]
    field: str
    names: dict[Any, str]


def gathered(card_ids: Callable[[Unit, Any, Any], Awaitable[list[int]]]) -> Any:
    """The way to the cards of a report that gathers them by itself."""

    async def find(tx: Unit, viewer: Any, filters: Any, after: int) -> Behind:
        found = await card_ids(tx, viewer, filters)
        return await behind.of_ids(tx, viewer, filters, found, after)

    return find


def always(period: str | None) -> Callable[[Any], str | None]:
    """The same period for whoever names none."""
    return lambda given: period


class Report(NamedTuple):
    """A report: its address, its words, what it can be asked, and how its sheet is made.

    `usual` is the period where none is named, `settled` puts filters right that exclude each
    other. `dates` are the days it can be asked for. A report that names a `kind` is over all
    pipelines of such cards where none is named.
    """

    name: str
    title: str
    about: str
    filters: type[Any]
    make: Callable[[Unit, Asked], Awaitable[Sheet]]
    pile: Pile | None = None
    choices: tuple[Choice, ...] = ()
    usual: Callable[[Any], str | None] = always(None)
    settled: Callable[[Any], Any] = lambda filters: filters
    periods: tuple[str, ...] = tuple(PERIODS)
    dates: tuple[str, ...] = ("from", "to", "as_of")
    kind: str | None = None

    @property
    def path(self) -> str:
        return f"/reports/{self.name}"


def routes(report: Report, all_of_them: tuple[Report, ...]) -> list[HTTPRouteHandler]:
    """What a report can be asked."""

    async def page(view: ViewDep) -> Response[Any]:
        return await view.read(lambda tx: _shown(tx, view, report, all_of_them))

    async def file(view: ViewDep) -> Response[Any]:
        return await view.read(lambda tx: _file(tx, view, report))

    async def cards(view: ViewDep) -> Response[Any]:
        return await view.read(lambda tx: _cards(tx, view, report))

    served = {"": page, ".csv": file} | ({} if report.pile is None else {"/cards": cards})
    assert set(served) == set(REPORTS[report.name])
    return [
        get(f"{report.path}{end}", include_in_schema=False)(handler)
        for end, handler in served.items()
    ]


def _asked(tx: Unit, view: View, report: Report) -> Asked:
    viewer, given = view.viewer, said_in(view, *SEARCHES)
    filters, period = dated(given, report.filters, viewer, tx.now, report.usual(given))
    return Asked(view, viewer, report.path, report.settled(filters), period, given)


async def _shown(
    tx: Unit, view: View, report: Report, all_of_them: tuple[Report, ...]
) -> Response[Any]:
    asked = _asked(tx, view, report)
    sheet, told = await report.make(tx, asked), await choices(tx, asked.viewer)
    found = await narrowings(tx, asked, told, sheet.pipeline, view.request.query_params)
    today = asked.viewer.company.today(tx.now)
    values: dict[str, Any] = {
        "report": report, "asked": asked, "periods": PERIODS, "sheet": sheet, "choices": told,
        "reports": [(one, one.path + _carried(asked, report, one)) for one in all_of_them],
        "narrowings": found, "terms": terms(asked, told, sheet.pipeline, found, today),
        "sources": SOURCES,
    }  # fmt: skip
    if not view.is_fragment:
        return view.page("reports/report.html", **values)
    answer = view.fragment("reports/_body.html", **values)
    answer.headers["HX-Push-Url"] = asked.here()
    return answer


def _carried(asked: Asked, report: Report, other: Report) -> str:
    """What is kept on the way to another report: whatever it can be asked for as well."""
    days = (*other.dates, *((PERIOD,) if asked.given.get(PERIOD) in other.periods else ()))
    homes = ("pipeline",) if report.kind == other.kind else ()
    looks = [choice.name for choice in other.choices if choice.name == BESIDE]
    kept = {*WHOSE, *days, *homes, *looks}
    return asked.query(**{name: None for name in asked.given if name not in kept})


async def _file(tx: Unit, view: View, report: Report) -> Response[Any]:
    asked = _asked(tx, view, report)
    sheet = await report.make(tx, asked)
    day = str(asked.viewer.company.today(tx.now))
    name = "-".join(filter(None, (report.name, sheet.pipeline, day)))
    headers = {**SAFE, "Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(sheet.file(), headers=headers, media_type="text/csv")


async def _cards(tx: Unit, view: View, report: Report) -> Response[Any]:
    assert report.pile is not None
    viewer, given = view.viewer, said_in(view, AFTER)
    filters, _ = dated(given, report.pile.filters, viewer, tx.now, None)
    asked = Asked(view, viewer, report.path, filters, None, given)
    after = view.request.query_params.get(AFTER, "0")
    if not after.isdecimal() or len(after) > 15:
        raise BadRequest("The place to go on from is a number")
    found = await report.pile.find(tx, viewer, filters, int(after))
    known = {one.encode_name for one in structs.fields(report.filters)}
    what = report.pile.names[getattr(filters, report.pile.field)]
    return view.page(
        "reports/cards.html", report=report, behind=found, what=what, as_of=filters.as_of,
        more=asked.query(**{AFTER: str(found.after or "")}), back=report.path + asked.query(**{
            name: None for name in given if name not in known
        }),
    )  # fmt: skip
