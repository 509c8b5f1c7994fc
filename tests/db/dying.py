"""A migration that ends by kill -9 amid a step: `python -m tests.db.dying URL WORDS TIMES`.

It dies when it is about to ask for the so-manieth statement that begins with these words.
"""

import os
import signal
import sys
from typing import Any

from sqlalchemy import Engine, event

from backend.db import migrate


def dies_before(words: str, times: int) -> None:
    asked = 0

    def look(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        nonlocal asked
        asked += statement.startswith(words)
        if asked == times:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", look)


if __name__ == "__main__":
    dies_before(sys.argv[2], int(sys.argv[3]))
    migrate.upgrade(sys.argv[1])
