"""A database, a queue or a file that cannot be used is told in a sentence that says what to do."""

import asyncio
from pathlib import Path

import pytest
from redis.exceptions import ConnectionError as NoQueue
from sqlalchemy.exc import DBAPIError

from backend import resources
from backend.db.revisions import Behind
from backend.embedded import outside
from backend.settings import Settings
from jobs import worker

DATABASE = "correct VORONKA_DATABASE_URL or, where it is a file, VORONKA_DATA_DIR"


@pytest.mark.parametrize(
    ("error", "told", "do"),
    [
        (NoQueue("Error 111 connecting to h:1."), "queue does not answer (Error 111 connecting to "
         "h:1): ", "correct VORONKA_REDIS_URL"),
        (ConnectionRefusedError(111, "refused"), "database does not answer (", DATABASE),
        (TimeoutError(), "database does not answer (TimeoutError): ", DATABASE),
        (DBAPIError(None, None, Exception('database "x" does not exist')),
         'database does not answer (database "x" does not exist): ', DATABASE),
        (FileNotFoundError(2, "No such file", "/x"), "/x cannot be used (No such file): ",
         "give another path"),
    ],
)  # fmt: skip
def test_what_is_outside_is_told_with_what_to_do(error: Exception, told: str, do: str) -> None:
    sentence = outside.sentence(error) or ""
    assert told in sentence
    assert do in sentence


def test_a_fault_of_our_own_is_not_taken_for_one_outside() -> None:
    assert outside.sentence(DBAPIError("SELECT 1", None, Exception("no such table"))) is None
    assert outside.sentence(PermissionError("openapi.json")) is None


def test_a_worker_refuses_a_database_that_is_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = resources.build(Settings(data_dir=tmp_path))
    monkeypatch.setattr(resources, "build", lambda settings: given)

    async def start() -> None:
        try:
            await worker.on_startup({})
        finally:
            await given.close()

    with pytest.raises(Behind, match="run `voronka migrate` first"):
        asyncio.run(start())
