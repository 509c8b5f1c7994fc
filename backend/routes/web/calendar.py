"""The calendar of renewals: which terms end in which month, who has them, and those of a month."""

from typing import Any

from litestar import Response, get
from msgspec import structs

from backend.db.session import Unit
from backend.domain.funnels.choices.queries import choices
from backend.domain.retention.year import queries, rules
from backend.domain.retention.year.schemas import YearFilters
from backend.reading import converted
from backend.routes.web.reports.asked import Asked, said_in
from backend.routes.web.view import View, ViewDep
from backend.routes.web.words import N_

PAGE = "/renewals/calendar"
# What became of terms: how it is called, and its look in bars.
BECAME = {
    "won": (N_("Won"), "c1"), "active": (N_("In work"), "c2"), "waiting": (N_("Waiting"), "c3"),
    "overdue": (N_("Overdue"), "owed"), "lost": (N_("Lost"), "drop"),
}  # fmt: skip


@get(PAGE, include_in_schema=False)
async def shown(view: ViewDep) -> Response[Any]:
    return await view.read(lambda tx: _shown(tx, view))


async def _shown(tx: Unit, view: View) -> Response[Any]:
    viewer, given = view.viewer, said_in(view)
    filters = converted(given, YearFilters)
    first = queries.begins(filters, viewer.company.today(tx.now))
    chosen = filters.month or rules.named(first)
    filters = structs.replace(filters, month=chosen)
    asked = Asked(view, viewer, PAGE, filters, None, given)
    values: dict[str, Any] = {
        "asked": asked, "filters": filters, "became": BECAME, "chosen": chosen,
        "year": await queries.year(tx, viewer, filters),
        "terms": await queries.of_month(tx, viewer, filters),
        "choices": await choices(tx, viewer),
        "earlier": rules.named(rules.shifted(first, -rules.MONTHS)),
        "later": rules.named(rules.shifted(first, rules.MONTHS)),
    }  # fmt: skip
    if not view.is_fragment:
        return view.page("calendar/calendar.html", **values)
    answer = view.fragment("calendar/_calendar.html", **values)
    answer.headers["HX-Push-Url"] = asked.here()
    return answer


HANDLERS = [shown]
