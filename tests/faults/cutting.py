"""Between the product and PostgreSQL: passes everything on, and cuts connections amid a COMMIT."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SOCKET = ".s.PGSQL.5432"
SHARE = 0.1  # of the commits that are cut off while some are left to be
CHUNK = 1 << 16


@dataclass
class Cutter:
    """A socket in a directory of its own; `left` connections are to be cut."""

    target: Path
    directory: Path
    chance: random.Random
    left: int = 0
    before: int = 0
    after: int = 0
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until an end of it goes, or it is cut, or all is over."""
        there, onward = await asyncio.open_unix_connection(str(self.target))
        mute = asyncio.Event()
        ways: list[asyncio.Task[Any]] = [
            asyncio.create_task(self._asked(reader, onward, mute)),
            asyncio.create_task(self._answered(there, writer, mute)),
            asyncio.create_task(self.over.wait()),
        ]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        for end in (writer, onward):
            end.close()
            with contextlib.suppress(OSError):
                await end.wait_closed()

    async def _asked(
        self, reader: asyncio.StreamReader, onward: asyncio.StreamWriter, mute: asyncio.Event
    ) -> None:
        while data := await reader.read(CHUNK):
            if b"COMMIT" in data and self.left and self.chance.random() < SHARE:
                self.left -= 1
                if self.left % 2:
                    self.before += 1
                    return
                self.after += 1
                mute.set()
            onward.write(data)
            await onward.drain()

    async def _answered(
        self, there: asyncio.StreamReader, writer: asyncio.StreamWriter, mute: asyncio.Event
    ) -> None:
        while data := await there.read(CHUNK):
            if mute.is_set():
                return  # it is committed, and nobody hears of it
            writer.write(data)
            await writer.drain()


@contextlib.asynccontextmanager
async def cutting(directory: Path, seed: int) -> AsyncIterator[Cutter]:
    """A way to the server whose socket lies in `directory`."""
    place = directory / "cut"
    place.mkdir()
    cutter = Cutter(directory / SOCKET, place, random.Random(seed))
    server = await asyncio.start_unix_server(cutter.meet, place / SOCKET)
    try:
        yield cutter
    finally:
        server.close()
        cutter.over.set()
        await asyncio.sleep(0.5)  # for those who are being served
