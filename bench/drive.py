"""A closed loop of HTTP requests over kept connections: each follows the answer to the last."""

import asyncio
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import cast

END = b"\r\n\r\n"
LENGTH = b"content-length: "


@dataclass
class Run:
    """What a run has seen."""

    seconds: float = 0.0
    cpu: float = 0.0
    times: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return len(self.times) / self.seconds

    def percentile(self, share: float) -> float:
        """In milliseconds."""
        if not self.times:
            return math.nan
        ordered = sorted(self.times)
        return 1000 * ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]


@dataclass(frozen=True)
class Shot:
    """A request as bytes, the status it must have, and what to do when it has it."""

    raw: bytes
    status: bytes
    hit: Callable[[], None] = lambda: None


class Line(asyncio.Protocol):
    """One connection that asks until there is nothing left to ask, or the time is over."""

    def __init__(self, shots: Iterator[Shot], run: Run, until: float) -> None:
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._shots, self._run, self._until = shots, run, until
        self._head, self._left, self._begun = b"", -1, 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._next()

    def _next(self) -> None:
        now = time.perf_counter()
        shot = next(self._shots, None) if now < self._until else None
        if shot is None:
            self._transport.close()
            self.done.set_result(None)
            return
        self._shot, self._begun, self._head, self._left = shot, now, b"", -1
        self._transport.write(shot.raw)

    def data_received(self, data: bytes) -> None:
        if self._left < 0:
            self._head += data
            end = self._head.find(END)
            if end < 0:
                return
            head = self._head[:end].lower()
            place = head.find(LENGTH) + len(LENGTH)
            length = int(head[place:].split(b"\r", 1)[0])
            self._left = length + end + len(END) - len(self._head)
        else:
            self._left -= len(data)
        if self._left == 0:
            self._answered()

    def _answered(self) -> None:
        if self._head[9:12] == self._shot.status:
            self._run.times.append(time.perf_counter() - self._begun)
            self._shot.hit()
        else:
            self._run.errors.append(self._head[:500].decode("latin-1"))
        self._next()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self._run.errors.append(f"connection lost: {error}")
            self.done.set_result(None)


async def fire(port: int, shots: Iterator[Shot], connections: int, seconds: float) -> Run:
    """Ask for so many seconds over so many connections."""
    run, loop = Run(), asyncio.get_running_loop()
    begun, cpu = time.perf_counter(), time.process_time()
    lines = []
    for _ in range(connections):
        _, line = await loop.create_connection(
            lambda: Line(shots, run, begun + seconds), "127.0.0.1", port
        )
        lines.append(line)
    await asyncio.gather(*(line.done for line in lines))
    run.seconds, run.cpu = time.perf_counter() - begun, time.process_time() - cpu
    return run


def request(method: str, path: str, token: str, body: bytes = b"", **headers: str) -> bytes:
    """A request as bytes; `If_Match` is written If-Match."""
    lines = [f"{method} {path} HTTP/1.1", "Host: bench", f"Authorization: Bearer {token}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body
