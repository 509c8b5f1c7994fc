"""A mail server of one's own: it speaks as much SMTP as a letter needs, and keeps what it gets."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
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

    @property
    def mailer(self) -> Mailer:
        return Mailer(self.address, "Voronka <sales@voronka.test>")

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 letterbox\r\n")
        while line := await reader.readline():
            word = line.split()[0].upper()
            writer.write(f"{self._answer(word)}\r\n".encode())
            if word == b"DATA":
                whole = await reader.readuntil(b"\r\n.\r\n")
                self.letters.append(
                    message_from_bytes(whole[:-3], EmailMessage, policy=policy.SMTP)
                )
                writer.write(b"250 taken\r\n")
            await writer.drain()
            if word == b"QUIT":
                break
        writer.close()

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
