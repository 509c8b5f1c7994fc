"""One web server process on a socket that somebody else has opened."""

import signal
import socket
import sys

import uvicorn

from backend.commands import logs, shared
from backend.commands.wire import Connection
from backend.embedded.gate import wait
from backend.settings import Settings


def serve(listener: socket.socket, settings: Settings, grace: int, gate: int | None = None) -> None:
    """Answer until SIGTERM; requests in progress get `grace` seconds, live streams are cut."""
    logs.configure(settings.log_level)
    config = uvicorn.Config(
        "backend.asgi:app",
        lifespan="on",
        ws="none",
        http=Connection,
        log_config=None,
        access_log=False,
        server_header=False,
        # Whatever an unlisted peer says about whom it speaks for is not heard.
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=grace,
    )
    with shared.importing():
        config.load()
    if gate is not None:
        wait(gate)
    for number in (signal.SIGTERM, signal.SIGINT):
        # The server raises the signal again once it has stopped in good order.
        signal.signal(number, lambda *_: None)
    server = uvicorn.Server(config)
    server.run(sockets=[listener])
    if not server.started:
        sys.exit(1)


def main() -> None:
    """`python -m backend.commands.web DESCRIPTOR GRACE [GATE]`, as supervisors start it."""
    number, grace, *gate = map(int, sys.argv[1:])
    serve(socket.socket(fileno=number), shared.settings(), grace, *gate)


if __name__ == "__main__":
    main()
