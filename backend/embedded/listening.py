"""The web server's socket: opened here, handed to children, so that a restart refuses nobody."""

import contextlib
import http.client
import socket
import sys
from collections.abc import Iterator, Sequence

from backend.embedded import processes
from backend.settings import Settings, SettingsError

ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}


@contextlib.contextmanager
def opened(host: str, port: int) -> Iterator[socket.socket]:
    """The listening socket."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise SettingsError(
            f"{host}:{port} cannot be listened on ({error.strerror}):"
            " set VORONKA_HOST and VORONKA_PORT to a free address"
        ) from None
    with listener:
        yield listener


def web(
    listener: socket.socket, grace: int, pass_fds: Sequence[int] = (), gate: int | None = None
) -> processes.Child:
    """Start one web server process on the socket; it waits at a gate where there is one."""
    number = listener.fileno()
    given = [number, grace] if gate is None else [number, grace, gate]
    argv = [sys.executable, "-m", "backend.commands.web", *map(str, given)]
    return processes.start(argv, pass_fds=(number, *pass_fds))


def address(settings: Settings) -> str:
    """What to open in a browser on this machine."""
    near = ANYWHERE.get(settings.host, settings.host)
    return f"http://[{near}]:{settings.port}" if ":" in near else f"http://{near}:{settings.port}"


def ready(settings: Settings) -> bool:
    """Whether the product says that database, migrations and queue answer."""
    near = ANYWHERE.get(settings.host, settings.host)
    connection = http.client.HTTPConnection(near, settings.port, timeout=2)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
