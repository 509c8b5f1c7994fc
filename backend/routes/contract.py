"""Where the contract is read: `GET /api/v1/openapi.json`."""

from typing import Any

from litestar import Request, Response, get

from backend.routes.openapi import document


@get("/api/v1/openapi.json", include_in_schema=False, sync_to_thread=False)
def openapi_json(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The contract as the running code keeps it."""
    state = request.app.state
    if "contract" not in state:
        state["contract"] = document(request.app)
    return Response(state["contract"], media_type="application/json")
