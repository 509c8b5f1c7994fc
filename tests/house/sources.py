"""The product's own Python files, parsed, for the tests that keep the house in order."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("backend", "jobs", "alembic", "tests")


@dataclass(frozen=True)
class Source:
    """One file; `path` is relative to the root, with forward slashes."""

    path: str
    text: str
    tree: ast.Module

    def calls(self) -> Iterator[tuple[ast.Call, str]]:
        """Every call with the name it is made by: `now`, `datetime.now`, `self.x.commit`."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                yield node, ast.unparse(node.func)

    def imported(self, module: str) -> dict[str, str]:
        """What is imported by name from a module (or one below it): local name to original."""
        return {
            alias.asname or alias.name: alias.name
            for node in ast.walk(self.tree)
            if isinstance(node, ast.ImportFrom)
            and node.module is not None
            and (node.module == module or node.module.startswith(module + "."))
            for alias in node.names
        }


@cache
def sources(*packages: str) -> tuple[Source, ...]:
    """The files of the given packages (of all of them when none is given)."""
    return tuple(
        _parsed(file)
        for package in packages or PACKAGES
        for file in sorted((ROOT / package).rglob("*.py"))
    )


@cache
def _parsed(file: Path) -> Source:
    text, path = file.read_text(), file.relative_to(ROOT).as_posix()
    return Source(path, text, ast.parse(text, path))
