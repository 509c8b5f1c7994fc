"""The web application: the one place where its parts meet."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from litestar import Litestar
from litestar.datastructures import State
from litestar.types import ASGIApp

from backend.resources import Resources
from backend.routes import contract, docs, health, metrics
from backend.routes.api import router
from backend.routes.deps import DEPENDENCIES
from backend.routes.guards import bind
from backend.routes.methods import answering_head
from backend.routes.observed import observed, telling
from backend.routes.problems import HANDLERS
from backend.routes.request_id import with_request_id
from backend.routes.web import guard, static
from backend.routes.web import router as web

LARGEST_BODY = 1_000_000
OPEN = [
    health.live, health.ready, metrics.metrics, contract.openapi_json, docs.page, docs.style,
    static.asset,
]  # fmt: skip


def create_app(resources: Resources) -> Litestar:
    """The application over the given resources."""

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        try:
            async with telling(resources):
                yield
        finally:
            await resources.close()

    app = Litestar(
        route_handlers=[*OPEN, router, web],
        dependencies=DEPENDENCIES,
        exception_handlers=HANDLERS,
        lifespan=[lifespan],
        state=State({"resources": resources}),
        openapi_config=None,
        template_config=docs.templates(),
        logging_config=None,
        request_max_body_size=LARGEST_BODY,
        debug=False,
    )
    bind(app)
    guard.bind(app)
    return app


def asgi_app(resources: Resources) -> ASGIApp:
    """The application as servers and tests call it."""
    return around(create_app(resources), resources)


def around(app: ASGIApp, resources: Resources) -> ASGIApp:
    """An application with what every request goes through before it is routed."""
    return answering_head(with_request_id(observed(app, resources.traffic)))
