"""PostgreSQL alone: the same statements from its own pgbench, on a copy of the data."""

import re
import shutil
import subprocess
from pathlib import Path

from bench import statements
from bench.data import ADMIN, CLIENTS, MANAGERS, PIPELINE

SETS = f"""\\set owner random({ADMIN + 1}, {ADMIN + MANAGERS})
\\set stage random({PIPELINE + 1}, {PIPELINE + 4})
"""


def scripts(deals: int) -> dict[str, str]:
    """A pgbench script for each kind of work."""
    place = "\\set place random(1000000000000, 9000000000000)\n"
    client = f"\\set client random(1, {CLIENTS})\n"
    card = f"\\set id random(1, {deals})\n"
    create = [
        f"{statements.LAST} \\gset l_", f"{_plain(statements.ADD_CARD)} \\gset",
        *(f"{_plain(statement)};" for statement in statements.ADD_REST),
    ]  # fmt: skip
    move = [
        f"{statements.LOCK[True]} \\gset", "\\set seq :last_seq + 1",
        f"{statements.LAST} \\gset l_", *(f"{_plain(s)};" for s in statements.MOVE[True]),
    ]  # fmt: skip
    return {
        "A list": f"{SETS}{statements.LIST};",
        "B create": "\n".join([SETS + place + client, "BEGIN;", *create, "COMMIT;"]),
        "C move": "\n".join([SETS + place + card, "BEGIN;", *move, "COMMIT;"]),
    }


def _plain(statement: str) -> str:
    """What pgbench cannot draw by chance is written out or taken from the card it has read."""
    known = {
        "now": "now()", "title": "'Bench'", "close": "date '2027-03-01'", "amount": "12500050",
        "origin": ":stage_id", "entered": ":entered_at", "position": ":place",
    }  # fmt: skip
    return re.sub(
        r"(?<!:):(\w+)", lambda found: known.get(found.group(1), found.group()), statement
    )


def program(beside: Path) -> str | None:
    """Where pgbench lies: beside the server's own programs, or on the path."""
    near = beside / "pgbench"
    return str(near) if near.exists() else shutil.which("pgbench")


def rate(pgbench: str, directory: Path, script: str, connections: int, seconds: float) -> float:
    """Transactions a second."""
    asked = [pgbench, "-n", "-M", "prepared", "-h", str(directory), "-U", "postgres", "-f", "-"]
    asked += ["-c", str(connections), "-j", "1", "-T", str(max(1, round(seconds))), "alone"]
    done = subprocess.run(asked, input=script, capture_output=True, text=True, check=False)
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    if found is None or done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return float(found.group(1))
