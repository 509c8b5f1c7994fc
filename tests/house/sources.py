"""The product's own Python files, parsed, for the tests that keep the house in order."""

import ast
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("backend", "jobs", "alembic", "tests")


@dataclass(frozen=True)
class Source:
    """One file; `path` is relative to the root, with forward slashes."""

    path: str
    text: str
    tree: ast.Module

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        return tuple(ast.walk(self.tree))

    @cached_property
    def calls(self) -> tuple[tuple[ast.Call, str], ...]:
        """Every call with the name it is made by: `now`, `datetime.now`, `self.x.commit`."""
        found = (node for node in self.nodes if isinstance(node, ast.Call))
        return tuple((call, _dotted(call.func)) for call in found)

    def imported(self, module: str) -> dict[str, str]:
        """What is imported by name from a module (or one below it): local name to original."""
        return {
            alias.asname or alias.name: alias.name
            for node in self.nodes
            if isinstance(node, ast.ImportFrom)
            and node.module is not None
            and (node.module == module or node.module.startswith(module + "."))
            for alias in node.names
        }


def _dotted(node: ast.expr) -> str:
    """As it is written; plain names are not worth the trouble of taking a tree apart."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return ast.unparse(node)


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
