"""`GET /metrics`: figures for alarms, from the database; any server process tells those of all."""

from collections.abc import Iterator
from typing import Any

from litestar import Request, Response, get
from litestar.datastructures import State

from backend import traffic
from backend.db.session import Unit
from backend.domain.vitals import queries
from backend.domain.vitals.schemas import Server, Vitals
from backend.resources import Resources
from backend.routes.guards import demand_token
from backend.routes.nearby import is_near

MEDIA = "text/plain; version=0.0.4"
STALE = 412

# Name, field and what it says; where a field is None there is nothing to tell yet.
GAUGES = (
    ("voronka_due_renewal_age_seconds", "due_age",
     "How long the oldest due renewal has waited to come into work"),
    ("voronka_parked_renewals", "parked", "Renewals whose activation has failed again and again"),
    ("voronka_sweep_age_seconds", "sweep_age", "Since a sweep last came to its end"),
    ("voronka_missed_sweeps", "missed_ticks", "Hours of the last day in which no sweep began"),
    ("voronka_outbox_age_seconds", "outbox_age", "How long the oldest event waits for its relay"),
    ("voronka_outbox_waiting", "outbox_waiting", "Events that wait for their relay"),
    ("voronka_workers", "workers", "Workers seen within the last minute"),
    ("voronka_worker_age_seconds", "worker_age", "Since any worker was last seen"),
    ("voronka_queues", "queues", "Different queues that the running processes speak to"),
    ("voronka_history_breaks", "history_breaks", "Breaks the last nightly check has found"),
    ("voronka_history_check_age_seconds", "history_age", "Since that check came to its end"),
    ("voronka_oldest_transaction_seconds", "transaction_age",
     "Age of the oldest open transaction (PostgreSQL)"),
)  # fmt: skip


@get(
    "/metrics",
    operation_id="metrics",
    summary="Figures for alarms, in the text form of Prometheus",
    media_type=MEDIA,
    include_in_schema=False,
)
async def metrics(request: Request[None, None, State]) -> Response[bytes]:
    """Figures for alarms: to anybody on this machine, else to whoever has a token."""
    if not is_near(request):
        await demand_token(request)
    resources: Resources = request.app.state.resources
    async with resources.database.read() as conn:
        tx = Unit(conn, resources.now())
        vitals, servers = await queries.vitals(tx), await queries.servers(tx)
    return Response(exposition(vitals, _with_own(servers, resources, tx)), media_type=MEDIA)


def _with_own(servers: list[Server], resources: Resources, tx: Unit) -> list[Server]:
    """This process knows its own figures better than its last note."""
    name = resources.traffic.name
    figures = resources.traffic.figures(resources.database.waiting)
    own = Server(name, tx.now, tx.now, figures)
    return [own, *(server for server in servers if server.name != name)]


def exposition(vitals: Vitals, servers: list[Server]) -> bytes:
    """All figures as text."""
    lines: list[str] = []
    for name, field, words in GAUGES:
        value = getattr(vitals, field)
        lines += _family(name, "gauge", words, [({}, value)] if value is not None else [])
    waiting = [({"process": s.name}, s.figures.get("pool_waiters", 0)) for s in servers]
    lines += _family(
        "voronka_pool_waiters", "gauge", "Who waits for a connection to the database", waiting
    )
    lines += _family("voronka_stale_writes_total", "counter", "Writes refused with 412", [
        ({"process": s.name}, sum(r[3] for r in traffic.requests(s.figures) if r[2] == STALE))
        for s in servers
    ])  # fmt: skip
    lines += _family("voronka_requests_total", "counter", "Requests answered", [
        ({"process": s.name, "method": m, "route": r, "status": code}, count)
        for s in servers for m, r, code, count in traffic.requests(s.figures)
    ])  # fmt: skip
    name = "voronka_request_seconds"
    lines += [f"# HELP {name} How long requests took", f"# TYPE {name} histogram"]
    for server in servers:
        lines += _times(name, server)
    return "\n".join([*lines, ""]).encode()


def _times(name: str, server: Server) -> Iterator[str]:
    for method, route, below, seconds in traffic.times(server.figures):
        labels = {"process": server.name, "method": method, "route": route}
        for bound, count in zip((*traffic.BOUNDS, "+Inf"), below, strict=True):
            yield _line(f"{name}_bucket", {**labels, "le": bound}, count)
        yield _line(f"{name}_sum", labels, seconds)
        yield _line(f"{name}_count", labels, below[-1])


def _family(
    name: str, kind: str, words: str, values: list[tuple[dict[str, Any], float]]
) -> Iterator[str]:
    yield f"# HELP {name} {words}"
    yield f"# TYPE {name} {kind}"
    for labels, value in values:
        yield _line(name, labels, value)


def _line(name: str, labels: dict[str, Any], value: float) -> str:
    inner = ",".join(f'{key}="{_escaped(str(word))}"' for key, word in labels.items())
    shown = str(value) if isinstance(value, int) else f"{value:.6g}"
    return f"{name}{{{inner}}} {shown}" if inner else f"{name} {shown}"


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
