"""OPTIONS tells all methods of an address: the framework's own answer knows the first one alone."""

from litestar import Litestar
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send


def telling_methods(app: ASGIApp) -> ASGIApp:
    """Wrap an application so that OPTIONS is answered with each method that the address has."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["method"] != "OPTIONS":
            await app(scope, receive, send)
            return
        allowed = _methods(scope["litestar_app"])[scope["path_template"]]
        headers = [(b"allow", allowed.encode())]
        await send({"type": "http.response.start", "status": 204, "headers": headers})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    return wrapped


def _methods(app: Litestar) -> dict[str, str]:
    """The methods of every address, by the template of its path."""
    if "methods" not in app.state:
        found: dict[str, set[str]] = {}
        for route in app.routes:
            found.setdefault(route.path_format, set()).update(getattr(route, "methods", ()))
        app.state["methods"] = {path: ", ".join(sorted(names)) for path, names in found.items()}
    told: dict[str, str] = app.state["methods"]
    return told
