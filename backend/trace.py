"""What is being worked on: every line of the log names the request or the run it is of."""

from contextvars import ContextVar

# `request_id` in a server, `run_id` and `job` in the worker.
current: ContextVar[dict[str, str] | None] = ContextVar("current", default=None)


def begin(**names: str) -> None:
    """Name the work that the present task does from here on."""
    current.set(names)
