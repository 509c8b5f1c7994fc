"""The product is small: what is imported for what. (`test_run` weighs what runs.)"""

import subprocess
import sys

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
