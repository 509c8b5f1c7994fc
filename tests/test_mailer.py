"""The mail server's patience: all its answers together have so many seconds."""

import time
from types import SimpleNamespace
from typing import Any, cast

import pytest

from backend import mailer
from tests.letterbox import letterbox

pytestmark = pytest.mark.anyio
LETTER = SimpleNamespace(
    key="1", recipient="ivan@acme.test", reply_to="anna@firm.test", subject="Terms", body="Dear"
)


async def test_a_server_that_always_answers_a_little_late_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each answer is quick enough by itself; a run of the worker must not hang on their sum."""
    async with letterbox() as box:
        await box.mailer.send(cast(Any, LETTER))
        assert len(box.letters) == 1
        monkeypatch.setattr(mailer, "PATIENCE", 0.3)
        box.dawdles = 0.2
        began = time.monotonic()
        with pytest.raises(mailer.NotSent, match="TimeoutError") as told:
            await box.mailer.send(cast(Any, LETTER))
    assert not told.value.for_good
    assert time.monotonic() - began < 30
    assert len(box.letters) == 1
