"""A populated product that is served, and the fuzzer that is let loose on it."""

import asyncio
import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import insert

from backend import security
from backend.db.engines import open_database
from backend.db.models import api_token, app_user
from tests.contract import story
from tests.faults.plant import Plant
from tests.office import Office, written_contract

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CALLER = 900_001
PROGRAM = "from schemathesis.cli import schemathesis; schemathesis()"


@dataclass(frozen=True)
class Figures:
    """What came of one run: calls by status, and the failures by what was wrong."""

    calls: int
    statuses: dict[str, int]
    failures: dict[str, int]
    words: str
    code: int

    @property
    def broken(self) -> int:
        """How many calls the server itself failed at; a 503 says that it is busy."""
        return sum(n for status, n in self.statuses.items() if status >= "500" and status != "503")

    def __str__(self) -> str:
        told = ", ".join(f"{status}: {n}" for status, n in sorted(self.statuses.items()))
        breaches = sum(self.failures.values())
        return f"{self.calls} calls, {self.broken} x 5xx, {breaches} breaches ({told})"


def populate(url: str, whole: bool = True) -> str:
    """Tell the story of the examples in a database; the token of one more admin."""

    async def tell() -> str:
        database = open_database(url)
        office = Office(database, now=datetime.now(UTC))
        try:
            if whole:
                await story.tell(await story.begin(office, _contract()))
            return await _caller(office)
        finally:
            await database.dispose()

    return asyncio.run(tell())


async def _caller(office: Office) -> str:
    """An admin whose ids no generated number hits, so that nothing he calls locks him out."""
    token = security.new_token()
    stamps = {"created_at": office.now, "updated_at": office.now}
    person = {
        "id": CALLER, "email": "fuzzer@example.com", "email_key": "fuzzer@example.com",
        "name": "Fuzzer", "role": "admin", "locale": "en", **stamps,
    }  # fmt: skip
    key = {
        "id": CALLER, "user_id": CALLER, "name": "fuzz", "prefix": token[:8], "scopes": ["*"],
        "hash": security.token_hash(token), **stamps,
    }  # fmt: skip
    await office.do(lambda tx: tx.run(insert(app_user), person))
    await office.do(lambda tx: tx.run(insert(api_token), key))
    return token


def _contract() -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(written_contract())
    return found


def fuzz(plant: Plant, token: str, *options: str) -> Figures:
    """Serve a populated database and call it as the options of the fuzzer say."""
    (server,) = plant.serve()
    address = f"http://127.0.0.1:{server.port}"
    report, tally = plant.directory / "report.json", plant.directory / "tally.json"
    done = subprocess.run(
        [
            sys.executable, "-W", "ignore", "-c", PROGRAM,
            "--config-file", str(HERE / "schemathesis.toml"), "run",
            f"{address}/api/v1/openapi.json", "--url", address, "--no-color",
            "--report", "json", "--report-json-path", str(report), *options,
        ],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env={
            **os.environ, "PYTHONPATH": str(ROOT), "FUZZ_TALLY": str(tally), "FUZZ_TOKEN": token,
        },
    )  # fmt: skip
    words = done.stdout + done.stderr
    if not report.exists():
        raise RuntimeError(f"the fuzzer did not run: {words}")
    told = msgspec.json.decode(report.read_bytes())
    failures = Counter({one["title"]: one["count"] for one in told["failures"]})
    failures.update({"error": told["test_cases"]["errored"]} if told["errors"] else {})
    statuses = msgspec.json.decode(tally.read_bytes(), type=dict[str, int])
    assert server.running(), server.words()
    return Figures(sum(statuses.values()), statuses, dict(failures), words, done.returncode)
