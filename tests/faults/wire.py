"""HTTP by hand: requests that are all in progress, let go at one instant."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

PREFIX = "/api/v1"


@dataclass(frozen=True)
class Answer:
    """What came back, and how long it took."""

    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Line:
    """One connection that is kept open; requests follow each other on it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    token: str

    @classmethod
    async def open(cls, port: int, token: str) -> "Line":
        return cls(*await asyncio.open_connection("127.0.0.1", port), token)

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """One request and its answer; `If_Match` is written If-Match."""
        last = await self.hold(method, path, body, **headers)
        return await self.release(last)

    async def hold(self, method: str, path: str, body: Any = None, **headers: str) -> bytes:
        """Send a request but for its last byte, which is given back."""
        content = b"" if body is None else json.dumps(body).encode()
        lines = [f"{method} {PREFIX}{path} HTTP/1.1", "Host: voronka.test"]
        given = {"Authorization": f"Bearer {self.token}", **headers}
        if content:
            given |= {"Content-Type": "application/json", "Content-Length": str(len(content))}
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in given.items()]
        whole = "\r\n".join([*lines, "", ""]).encode() + content
        self.writer.write(whole[:-1])
        await self.writer.drain()
        return whole[-1:]

    async def release(self, last: bytes) -> Answer:
        begun = time.monotonic()
        self.writer.write(last)
        return await self._answer(begun)

    async def _answer(self, begun: float) -> Answer:
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {
            name.lower(): value
            for name, _, value in (line.partition(": ") for line in head[1:] if line)
        }
        length = int(headers.get("content-length", "0"))
        body = await self.reader.readexactly(length)
        return Answer(int(head[0].split()[1]), headers, body, time.monotonic() - begun)

    async def close(self) -> None:
        self.writer.close()
        with suppress(OSError):
            await self.writer.wait_closed()


async def lines(ports: Sequence[int], count: int, token: str) -> list[Line]:
    """Connections, dealt out evenly among servers."""
    return list(
        await asyncio.gather(
            *(Line.open(ports[number % len(ports)], token) for number in range(count))
        )
    )


@asynccontextmanager
async def opened(ports: Sequence[int], count: int, token: str) -> AsyncIterator[list[Line]]:
    """Connections for what is done at once: a server hangs up on one that was silent for long."""
    over = await lines(ports, count, token)
    try:
        yield over
    finally:
        for line in over:
            await line.close()


async def volley(
    over: Sequence[Line], method: str, path: str, body: Any = None, **headers: str
) -> list[Answer]:
    """The same request on every line at once: each has arrived but for its last byte."""
    held = await asyncio.gather(*(line.hold(method, path, body, **headers) for line in over))
    return list(
        await asyncio.gather(*(line.release(last) for line, last in zip(over, held, strict=True)))
    )
