"""Fuzzes the served product on both databases against its own contract: `make fuzz`.

All phases and all checks, NUL among the characters. Ends with the figures of each database and
fails at a 5xx, at a breach of the contract, or where fewer calls were made than wanted.
"""

import argparse
import asyncio
import contextlib
import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from backend.db import migrate
from tests.faults.plant import plant
from tests.fuzz.served import Figures, fuzz, populate
from tests.launchers import postgres, valkey

DIALECTS = ("sqlite", "postgresql")
WANTED = 20_000


@contextlib.contextmanager
def address(dialect: str, directory: Path) -> Iterator[str]:
    """An empty database of a dialect."""
    if dialect == "sqlite":
        yield f"sqlite+aiosqlite:///{directory / 'fuzz.db'}"
        return
    with postgres.running() as server:
        asyncio.run(server.create("fuzz", "template0"))
        yield server.url("fuzz")


def fuzzed(dialect: str, options: list[str]) -> Figures:
    """Fuzz one database; what the fuzzer says is kept in a file."""
    with (
        tempfile.TemporaryDirectory(prefix="vfz") as name,
        valkey.running() as queue,
        address(dialect, Path(name)) as url,
    ):
        migrate.upgrade(url)
        token = populate(url)
        with plant(url, queue.url, Path(name)) as place:
            figures = fuzz(place, token, *options)
    Path(tempfile.gettempdir(), f"fuzz-{dialect}.txt").write_text(figures.words)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--on", choices=DIALECTS, action="append", help="one database alone")
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4)))
    parser.add_argument("--examples", type=int, default=20, help="calls of an operation at most")
    parser.add_argument("--phases", default="examples,coverage,fuzzing,stateful")
    parser.add_argument("--wanted", type=int, default=WANTED, help="calls in all, at least")
    given, more = parser.parse_known_args()
    logging.disable(logging.INFO)
    options = ["--seed", str(given.seed), "--phases", given.phases]
    options += ["--max-examples", str(given.examples), *more]
    print(f"seed {given.seed}", flush=True)  # noqa: T201
    found = {}
    for dialect in given.on or DIALECTS:
        found[dialect] = fuzzed(dialect, options)
        print(f"{dialect}: {found[dialect]}", flush=True)  # noqa: T201
        for title, count in found[dialect].failures.items():
            print(f"  {count} x {title}; see {tempfile.gettempdir()}/fuzz-{dialect}.txt")  # noqa: T201
    calls = sum(one.calls for one in found.values())
    bad = sum(one.broken + sum(one.failures.values()) for one in found.values())
    print(f"{calls} calls in all, {bad} bad ones")  # noqa: T201
    sys.exit(bad > 0 or calls < given.wanted)


if __name__ == "__main__":
    main()
