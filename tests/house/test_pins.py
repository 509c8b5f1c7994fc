"""What is locked is at least as new as what is known to be safe."""

import tomllib
from pathlib import Path

LOCK = Path(__file__).resolve().parents[2] / "uv.lock"
# The first releases without holes that would be ours.
AT_LEAST = {
    "litestar": "2.20.0",  # CVE-2025-59152, CVE-2026-25478, -25479, -25480, PYSEC-2026-2603
    "jinja2": "3.1.6",  # CVE-2024-56201, CVE-2025-27516
    "msgspec": "0.20.0",
    "h11": "0.16.0",  # CVE-2025-43859
    "httptools": "0.6.4",
    "uvicorn": "0.30.0",
    "arq": "0.28.0",  # due times of cron that were negative or lost
    "redis": "5.3.1",
    "sqlalchemy": "2.1.0",
    "asyncpg": "0.30.0",
    "argon2-cffi": "23.1.0",
    "click": "8.1.0",
    "fpdf2": "2.8.0",
    "pillow": "11.3.0",  # CVE-2025-48379
    "fonttools": "4.60.2",  # CVE-2025-66034
    "python-multipart": "0.0.18",  # CVE-2024-53981
    "multipart": "1.2.0",
}
# Holes that are known and are ours wherever they are installed, so that they are named here.
NEEDED = ("litestar", "jinja2", "msgspec", "uvicorn", "arq", "redis", "sqlalchemy", "asyncpg")


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdecimal())


def test_nothing_older_than_what_is_safe_is_locked() -> None:
    locked = {
        one["name"]: one.get("version", "0") for one in tomllib.loads(LOCK.read_text())["package"]
    }
    assert set(NEEDED) <= set(locked)
    old = {
        name: locked[name]
        for name, least in AT_LEAST.items()
        if name in locked and _number(locked[name]) < _number(least)
    }
    assert old == {}


def test_versions_compare_as_numbers() -> None:
    assert _number("2.9.1") < _number("2.20.0") < _number("3.0")
    assert not _number("2.20.0") < _number("2.20.0")
