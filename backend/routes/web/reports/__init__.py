"""Reports as pages: each is a file that says what it is asked, what its sheet has, how it is drawn.

A new report is a `Report` (page.py) in a file of its own, a line in `REPORTS` here, and a row in
policy.py. Its `make` gives a `Sheet` (sheet.py) out of what the domain has reckoned for REST; the
page, the file and the print are made of the sheet alone.
"""

from typing import Any

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from backend.routes.web.reports.changes import CHANGES
from backend.routes.web.reports.churn import CHURN
from backend.routes.web.reports.forecast import FORECAST
from backend.routes.web.reports.funnel import FUNNEL
from backend.routes.web.reports.managers import MANAGERS
from backend.routes.web.reports.pace import CYCLE_TIME, VELOCITY
from backend.routes.web.reports.page import routes
from backend.routes.web.reports.reasons import REASONS
from backend.routes.web.reports.renewals import RENEWALS
from backend.routes.web.view import ViewDep

REPORTS = (
    FUNNEL, REASONS, CYCLE_TIME, VELOCITY, FORECAST, RENEWALS, CHURN, MANAGERS, CHANGES,
)  # fmt: skip


@get("/reports", include_in_schema=False)
async def first(view: ViewDep) -> Response[Any]:
    return view.to(REPORTS[0].path)


HANDLERS: list[HTTPRouteHandler] = [
    first,
    *(one for each in REPORTS for one in routes(each, REPORTS)),
]
