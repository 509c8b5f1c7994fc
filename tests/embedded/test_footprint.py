"""The product is small: what runs idle with one command, and what is imported for what."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.embedded.product import MARKS, running

LARGEST = 250.0  # MB resident, all processes together
HEAVY = {"sqlalchemy", "alembic", "litestar", "arq", "redis", "mako", "uvicorn"}


def imported(module: str) -> set[str]:
    """Which heavy libraries a module brings along."""
    program = f"import sys, {module}; print(*({HEAVY} & sys.modules.keys()))"
    command = [sys.executable, "-c", program]
    told = subprocess.run(command, capture_output=True, check=True, text=True)
    return set(told.stdout.split())


def test_the_supervisor_imports_nothing_heavy() -> None:
    assert imported("backend.commands.run") == set()


def test_a_server_imports_no_migration_tool() -> None:
    assert imported("backend.asgi") == {"sqlalchemy", "litestar", "arq", "redis"}


@pytest.mark.skipif(sys.platform != "linux", reason="measures processes through /proc")
def test_all_processes_together_stay_small(tmp_path: Path) -> None:
    with running(tmp_path) as product:
        children = product.children()
        assert set(children) == set(MARKS)
        sizes = {name: resident(pid) for name, pid in {"run": product.pid, **children}.items()}
    assert sum(sizes.values()) < LARGEST, sizes


def resident(pid: int) -> float:
    """The memory of a process in MB, with what it shares with others."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("Rss:"))
