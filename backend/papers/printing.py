"""Sheets become PDFs in short-lived processes, a few at a time."""

import asyncio
import contextlib
import logging
import sys

import msgspec

from backend.errors import Unavailable
from backend.papers.sheet import Sheet

log = logging.getLogger(__name__)

AT_ONCE = 2
WITHIN = 60.0


class Press:
    """Prints at most two sheets at a time; the rest wait their turn."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def pdf(self, sheet: Sheet) -> bytes:
        """The PDF of a sheet; Unavailable where none comes of it in a minute."""
        async with self._turns:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "backend.papers.printer",
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
            try:
                async with asyncio.timeout(WITHIN):
                    printed, _ = await process.communicate(msgspec.json.encode(sheet))
            except TimeoutError:
                printed = b""
            finally:
                if process.returncode is None:
                    with contextlib.suppress(ProcessLookupError):
                        process.kill()
                    await process.wait()
        if process.returncode != 0 or not printed:
            log.error("a sheet could not be printed: exit code %s", process.returncode)
            raise Unavailable("The document could not be made; try again in a moment")
        return printed
