"""Logs: one event is one line of JSON on stderr, with what it is about and nobody's data."""

import logging
import sys
import traceback
from datetime import UTC, datetime
from types import TracebackType

import msgspec

from backend import trace

# What every record carries; whatever else it has was given as `extra` and is written too.
_USUAL = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
_Told = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class JsonLines(logging.Formatter):
    """Line breaks and terminal codes in values come out escaped: one event stays one line.

    What an exception says may be a value that somebody has sent (drivers quote them), so only its
    name is written, and where it came from; with `frank` its words too.
    """

    def __init__(self, *, frank: bool = False) -> None:
        super().__init__()
        self._frank = frank

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self._message(record),
        }
        line.update(trace.current.get() or {})
        line.update((name, value) for name, value in vars(record).items() if name not in _USUAL)
        if record.exc_info:
            line["error"] = self._failure(record.exc_info)
        encoded = msgspec.json.encode(line, enc_hook=str).decode()
        # JSON may hold DEL and the C1 codes as they are; a terminal obeys them.
        return encoded.translate(_CODES)

    def _message(self, record: logging.LogRecord) -> str:
        if not self._frank and isinstance(record.args, tuple):
            record.args = tuple(
                type(value).__name__ if isinstance(value, BaseException) else value
                for value in record.args
            )
        return record.getMessage()

    def _failure(self, told: _Told) -> str:
        if self._frank:
            return self.formatException(told)
        names, error = [], told[1]
        while error is not None:
            frames = traceback.extract_tb(error.__traceback__)
            places = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
            names.append("\n".join([type(error).__name__, *reversed(places)]))
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\nafter ".join(names)


_CODES = {code: f"\\u{code:04x}" for code in (0x7F, *range(0x80, 0xA0), 0x2028, 0x2029)}


def configure(level: str) -> None:
    """Send every logger's events to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(frank=level == "debug"))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # arq writes job arguments at the level of information.
    logging.getLogger("arq.worker").setLevel(logging.WARNING)
    for chatty in ("uvicorn", "alembic", "httpx", "httpcore"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
