"""What a server is sent over a connection and cannot read."""

import asyncio
import json
from typing import Any, cast

import pytest
from uvicorn import Config
from uvicorn.server import ServerState

from backend.commands.wire import LONGEST_HEAD, Connection

pytestmark = pytest.mark.anyio

HOST = b"Host: voronka.test\r\n"
LONG = b"x" * 16_000
WRONG = {
    "nonsense": ([b"NONSENSE\r\n\r\n"], 400),
    "an address of 70,000 bytes": (
        [b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n"], 400,
    ),
    "no length": ([b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: x\r\n\r\n"], 400),
    "one header without an end": ([b"GET / HTTP/1.1\r\n" + HOST + b"X: ", *[LONG] * 6], 431),
    "headers without an end": (
        [b"GET / HTTP/1.1\r\n" + HOST, *[b"X: " + LONG + b"\r\n"] * 6], 431,
    ),
}  # fmt: skip


class Written(asyncio.Transport):
    """A connection on which nobody listens."""

    def __init__(self) -> None:
        super().__init__()
        self.told, self.closed = b"", False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default

    def write(self, data: Any) -> None:
        self.told += data

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        """There is always room."""

    def resume_reading(self) -> None:
        """It was never paused."""


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Reads what it is sent, and says so."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def sent(pieces: list[bytes]) -> Written:
    config = Config(app, lifespan="off", log_config=None)
    state, written = ServerState(), Written()
    connection = Connection(config, state, {}, asyncio.get_running_loop())
    connection.connection_made(cast(Any, written))
    for piece in pieces:
        if not written.closed:
            connection.data_received(piece)
    while state.tasks:
        await asyncio.wait(state.tasks)
    return written


@pytest.mark.parametrize(("pieces", "status"), WRONG.values(), ids=WRONG.keys())
async def test_what_is_no_request_is_refused_as_requests_are(
    pieces: list[bytes], status: int
) -> None:
    written = await sent(pieces)
    head, _, body = written.told.partition(b"\r\n\r\n")
    line, *headers = head.decode().split("\r\n")
    told, problem = dict(one.split(": ") for one in headers), json.loads(body)
    assert (line.split()[1], written.closed) == (str(status), True)
    assert told["content-type"] == "application/problem+json"
    assert told["content-length"] == str(len(body))
    assert (problem["status"], problem["type"]) == (status, "/problems/bad_request")
    assert problem["instance"] == told["x-request-id"]
    assert problem["detail"]


async def test_a_long_body_is_no_long_head() -> None:
    size = LONGEST_HEAD * 3
    head = b"POST / HTTP/1.1\r\n" + HOST + f"Content-Length: {size}\r\n\r\n".encode()
    written = await sent([head, *[b"x" * LONGEST_HEAD] * 3, b"GET / HTTP/1.1\r\n" + HOST + b"\r\n"])
    assert (written.told.count(b" 204 "), written.closed) == (2, False)
