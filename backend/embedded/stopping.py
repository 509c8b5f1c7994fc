"""The wish to stop, which a signal may bring at any moment."""

import os
import select
from contextlib import suppress


class Stopping:
    """What `threading.Event` is, for handlers of signals.

    An Event takes a lock, and a second signal that comes while the first one is being noted would
    wait for it for ever: Ctrl-C under `make` brings two.
    """

    def __init__(self) -> None:
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._writer, False)

    def __del__(self) -> None:
        os.close(self._reader)
        os.close(self._writer)

    def set(self) -> None:
        with suppress(BlockingIOError):  # it was said often enough
            os.write(self._writer, b".")

    def is_set(self) -> bool:
        return self.wait(0)

    def wait(self, timeout: float) -> bool:
        """Whether to stop; looks for so many seconds."""
        found, _, _ = select.select([self._reader], [], [], timeout)
        return bool(found)
