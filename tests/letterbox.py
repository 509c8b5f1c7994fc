"""A mail server of one's own: it speaks as much SMTP as a letter needs, and keeps what it gets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

from backend.mailer import Mailer


@dataclass
class Letterbox:
    """The letters that came, and what the server says to the next recipients (250 else)."""

    address: str = ""
    letters: list[EmailMessage] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    asked: int = 0
    dawdles: float = 0.0  # seconds before each answer
    busy: asyncio.Lock = field(default_factory=asyncio.Lock)  # one sender after the other

    @property
    def mailer(self) -> Mailer:
        return Mailer(self.address, "Voronka <sales@voronka.test>")

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One sender's letters, until he has said all or is gone."""
        async with self.busy:
            with closing(writer), suppress(ConnectionError, asyncio.IncompleteReadError):
                await self._talk(reader, writer)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 letterbox\r\n")
        word = b""
        while word != b"QUIT" and (line := await reader.readline()):
            word = line.split()[0].upper()
            await asyncio.sleep(self.dawdles)
            writer.write(f"{self._answer(word)}\r\n".encode())
            if word == b"DATA":
                whole = await reader.readuntil(b"\r\n.\r\n")
                self.letters.append(
                    message_from_bytes(whole[:-3], EmailMessage, policy=policy.SMTP)
                )
                writer.write(b"250 taken\r\n")
            await writer.drain()

    def _answer(self, word: bytes) -> str:
        if word == b"RCPT":
            self.asked += 1
            return self.answers.pop(0) if self.answers else "250 fine"
        return {b"DATA": "354 go on", b"QUIT": "221 bye"}.get(word, "250 fine")


@asynccontextmanager
async def letterbox() -> AsyncIterator[Letterbox]:
    """A mail server on a port of its own."""
    box = Letterbox()
    async with await asyncio.start_server(box.serve, "127.0.0.1", 0) as server:
        box.address = f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield box
        async with box.busy:  # the last sender's connection is closed
            pass
