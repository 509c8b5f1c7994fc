"""How much memory and time an import takes: `python -m tests.faults.imports 10000 100000`.

Each number of clients is imported by a process of its own into a new database, then once more,
unchanged. The rows are checked in the database; the memory is the most that the process had.
"""

import argparse
import os
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

from backend.db import migrate
from tests.domain.flows import sources
from tests.faults.nursery import ROOT
from tests.launchers import places

MAPPING = sources.OWNER + sources.CLIENTS


def say(words: str) -> None:
    print(words, flush=True)  # noqa: T201


def generate(folder: Path, rows: int) -> None:
    """A file of clients; every hundredth has an amount that is refused."""
    with (folder / "clients.csv").open("w", encoding="utf-8") as stream:
        stream.write(f"{sources.HEADER}\n")
        for number in range(rows):
            limit = "much" if number % 100 == 99 else f"{number}.50"
            stream.write(f"{number},Client {number} Ltd,+7 495 {number:07},{limit},{number % 90}\n")


def run(folder: Path, url: str, *words: str) -> tuple[str, float, float, int]:
    """Import in a process of its own: its last line, seconds, CPU seconds and MB at most."""
    out, told = folder / "out.txt", folder / "told.txt"
    environ = {**os.environ, "VORONKA_DATABASE_URL": url, "PYTHONPATH": str(ROOT)}
    command = [
        sys.executable, "-m", "backend.cli", "import", str(folder),
        "--mapping", str(folder / "mapping.toml"), *words,
    ]  # fmt: skip
    begun = time.monotonic()
    to = [
        (os.POSIX_SPAWN_OPEN, 1, str(out), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
        (os.POSIX_SPAWN_OPEN, 2, str(told), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
    ]
    child = os.posix_spawn(sys.executable, command, environ, file_actions=to)
    _, status, used = os.wait4(child, 0)
    assert status == 0, told.read_text()[-1000:]
    took = time.monotonic() - begun
    last = out.read_text().splitlines()[-1]
    return last, took, used.ru_utime + used.ru_stime, used.ru_maxrss // 1024


def trial(rows: int) -> None:
    with tempfile.TemporaryDirectory(dir=places.quick()) as directory:
        folder = Path(directory)
        generate(folder, rows)
        (folder / "mapping.toml").write_text(MAPPING, encoding="utf-8")
        url = f"sqlite+aiosqlite:///{folder / 'trial.db'}"
        migrate.upgrade(url)
        for name, words in (("dry run", ["--dry-run"]), ("import", []), ("again", [])):
            last, took, cpu, memory = run(folder, url, *words)
            say(f"{rows} rows, {name}: {took:.1f} s, {cpu:.1f} s CPU, {memory} MB; {last}")
        with sqlite3.connect(folder / "trial.db") as connection:
            (there,) = connection.execute("SELECT count(*) FROM client").fetchone()
        assert there == rows - rows // 100, there


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=int, nargs="+")
    for asked in parser.parse_args().rows:
        trial(asked)
