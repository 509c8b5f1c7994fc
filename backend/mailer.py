"""The mail server: one letter at a time, and why one did not go out."""

import asyncio
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Protocol
from urllib.parse import unquote, urlsplit

import aiosmtplib
from msgspec import Struct

PATIENCE = 20.0  # seconds that the server may take for a letter, all its answers together


class NotSent(Exception):
    """A letter did not go out; `for_good` where the same letter never will."""

    def __init__(self, why: str, *, for_good: bool) -> None:
        super().__init__(why)
        self.why = why
        self.for_good = for_good


class Letter(Protocol):
    """What there is to send."""

    @property
    def key(self) -> str: ...
    @property
    def recipient(self) -> str: ...
    @property
    def reply_to(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def body(self) -> str: ...


class Mailer(Struct, frozen=True):
    """A mail server by its address, and who the letters come from.

    `smtps://` speaks TLS from the start, `smtp://` as soon as the server offers it; a password is
    never sent without.
    """

    url: str
    sender: str

    async def send(self, letter: Letter) -> None:
        """Hand a letter over; NotSent. The same `key` makes the same Message-ID."""
        message = self._message(letter)
        server = urlsplit(self.url)
        secure = server.scheme == "smtps"
        try:
            async with asyncio.timeout(PATIENCE):
                await aiosmtplib.send(
                    message, hostname=server.hostname, port=server.port or (465 if secure else 587),
                    username=_given(server.username), password=_given(server.password),
                    use_tls=secure, start_tls=None if secure or server.username is None else True,
                )  # fmt: skip
        except (aiosmtplib.SMTPRecipientsRefused, aiosmtplib.SMTPDataError) as error:
            raise NotSent(_told(error), for_good=_is_final(error)) from None
        except aiosmtplib.SMTPNotSupported as error:
            raise NotSent(str(error), for_good=True) from None
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            raise NotSent(f"{type(error).__name__}: {error}", for_good=False) from None

    def _message(self, letter: Letter) -> EmailMessage:
        name, address = parseaddr(self.sender)
        message = EmailMessage()
        try:
            message["From"] = Address(name, addr_spec=address)
            message["To"] = Address(addr_spec=letter.recipient)
            message["Reply-To"] = Address(addr_spec=letter.reply_to)
        except (MessageError, ValueError, IndexError):
            raise NotSent(f"“{letter.recipient}” is no address", for_good=True) from None
        message["Subject"] = letter.subject
        message["Message-ID"] = f"<{letter.key}@{address.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.body)
        return message


def _given(part: str | None) -> str | None:
    return None if part is None else unquote(part)


def _told(error: aiosmtplib.SMTPRecipientsRefused | aiosmtplib.SMTPDataError) -> str:
    first = _first(error)
    return f"{first.code} {first.message}"


def _is_final(error: aiosmtplib.SMTPRecipientsRefused | aiosmtplib.SMTPDataError) -> bool:
    return _first(error).code >= 500


def _first(
    error: aiosmtplib.SMTPRecipientsRefused | aiosmtplib.SMTPDataError,
) -> aiosmtplib.SMTPResponseException:
    return error.recipients[0] if isinstance(error, aiosmtplib.SMTPRecipientsRefused) else error
