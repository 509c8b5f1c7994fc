"""What an admin settles for all: pipelines with stages and reasons, people, tokens, the company."""

from typing import Any

from litestar import Response, Router, get

from backend.routes.web.settings import company, people, pipelines, reasons, rules, stages, tokens
from backend.routes.web.view import ViewDep


@get("/settings")
async def first(view: ViewDep) -> Response[Any]:
    return view.to("/settings/pipelines" if view.viewer.settings else "/settings/me")


router = Router(
    "/",
    route_handlers=[
        first, company.router, people.router, pipelines.router, reasons.router, stages.router,
        rules.router, tokens.router,
    ],
)  # fmt: skip
