"""The rules of the house that a machine can check; a broken one is named with file and line."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import PurePosixPath

import pytest

from tests.house.sources import Source, sources

LONGEST_FILE = 300
THE_FOUR = {"__init__", "rules", "schemas", "queries", "actions"}
LONGEST_FUNCTION = 40
CLOCKS = ("now", "today", "utcnow", "time", "time_ns", "localtime", "gmtime")
STATEMENTS = ("select", "insert", "update", "delete", "text", "exists", "union", "union_all")


def breaches(found: Iterator[str]) -> None:
    broken = sorted(found)
    assert not broken, "\n".join(broken)


def test_only_the_clock_reads_the_clock() -> None:
    def found() -> Iterator[str]:
        for source in sources("backend", "jobs"):
            if source.path == "backend/clock.py":
                continue
            for call, name in source.calls:
                owner, _, method = name.rpartition(".")
                if method in CLOCKS and owner.split(".")[-1] in ("datetime", "date", "time"):
                    yield f"{source.path}:{call.lineno} reads a clock: {name}()"

    breaches(found())


def test_only_the_session_commits() -> None:
    # What is below the session passes its commits on and decides nothing.
    spared = ("backend/db/session.py", "backend/db/sqlite.py", "backend/db/postgres.py")

    def found() -> Iterator[str]:
        for source in sources("backend", "jobs"):
            if source.path in spared:
                continue
            for call, name in source.calls:
                if name.endswith(".commit"):
                    yield f"{source.path}:{call.lineno} commits"

    breaches(found())


def test_nothing_is_reckoned_in_floats() -> None:
    """Ratios of reports and ages of processes aside; `custom` fields hold what JSON holds."""
    spared = ("/funnels/", "/retention/", "/vitals/", "/imports/", "/schemas.py")

    def found() -> Iterator[str]:
        for source in sources("backend"):
            if not source.path.startswith("backend/domain/") or any(
                part in source.path for part in spared
            ):
                continue
            for node in source.nodes:
                constant = isinstance(node, ast.Constant) and isinstance(node.value, float)
                if constant or (isinstance(node, ast.Name) and node.id == "float"):
                    yield f"{source.path}:{node.lineno} reckons in floats"  # type: ignore[attr-defined]

    breaches(found())


def may_hold_sql(path: str) -> bool:
    """Reads, writes, and the one place that knows which rows somebody may see."""
    places = ("/queries.py", "/actions.py", "/access.py")
    return path.startswith("backend/db/") or path.endswith(places)


def sql_in(source: Source) -> Iterator[str]:
    made = source.imported("sqlalchemy")
    for call, name in source.calls:
        original = made.get(name, name.removeprefix("sqlalchemy.").removeprefix("sa."))
        known = name in made or name.startswith(("sqlalchemy.", "sa."))
        if known and original in STATEMENTS:
            yield f"{source.path}:{call.lineno} makes a statement: {name}()"


def test_statements_are_made_in_queries_and_actions() -> None:
    everywhere = (source for source in sources("backend", "jobs") if not may_hold_sql(source.path))
    breaches(line for source in everywhere for line in sql_in(source))


def test_only_the_edge_reads_the_environment() -> None:
    edge = ("backend/cli.py", "backend/asgi.py", "backend/commands/", "backend/embedded/")

    def found() -> Iterator[str]:
        for source in sources("backend", "jobs"):
            if not source.path.startswith((*edge, "jobs/worker.py")):
                for node in source.nodes:
                    if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv"):
                        yield f"{source.path}:{node.lineno} reads the environment"

    breaches(found())


def test_files_and_functions_are_short() -> None:
    def found() -> Iterator[str]:
        for source in sources("backend", "jobs", "tests"):
            lines = source.text.count("\n")
            if lines > LONGEST_FILE:
                yield f"{source.path} has {lines} lines (at most {LONGEST_FILE})"
            for node in source.nodes:
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    length = (node.end_lineno or 0) - node.lineno + 1
                    if length > LONGEST_FUNCTION:
                        yield f"{source.path}:{node.lineno} {node.name} has {length} lines"

    breaches(found())


def test_every_module_says_what_it_holds() -> None:
    def found() -> Iterator[str]:
        for source in sources():
            if source.text.strip() and not ast.get_docstring(source.tree):
                yield f"{source.path} has no docstring"

    breaches(found())


def test_every_feature_has_a_map() -> None:
    """Whatever it has besides the four files is named in its docstring."""
    maps, parts = {}, defaultdict(set)
    for source in sources("backend"):
        place = PurePosixPath(source.path)
        if place.is_relative_to("backend/domain"):
            parts[place.parent].add(place.stem)
            parts[place.parent.parent].add(place.parent.name)
            if place.stem == "__init__":
                maps[place.parent] = ast.get_docstring(source.tree) or ""
    breaches(
        f"{folder}/__init__.py does not say what {part} is for"
        for folder, told in maps.items()
        for part in parts[folder] - THE_FOUR
        if f"`{part}`" not in told
    )


def test_routes_keep_their_annotations() -> None:
    """The web framework reads them at run time."""

    def found() -> Iterator[str]:
        for source in sources("backend/routes"):
            for name in ("annotations from __future__", "TYPE_CHECKING"):
                word = name.split()[0]
                if word in source.imported("__future__") or word in source.imported("typing"):
                    yield f"{source.path} imports {name}"

    breaches(found())


def test_the_migrations_folder_does_not_hide_the_library() -> None:
    assert not [source for source in sources("alembic") if source.path == "alembic/__init__.py"]


WEAK = """
from sqlalchemy import select as choose
import sqlalchemy as sa
choose(1)
sa.text("x")
"""


def test_the_search_for_statements_finds_them() -> None:
    source = Source("backend/routes/x.py", WEAK, ast.parse(WEAK))
    assert [line.split(" ")[0] for line in sql_in(source)] == [
        "backend/routes/x.py:4",
        "backend/routes/x.py:5",
    ]


@pytest.mark.parametrize("path", ["backend/domain/cards/queries.py", "backend/db/session.py"])
def test_where_statements_belong(path: str) -> None:
    assert may_hold_sql(path)
    assert not may_hold_sql("backend/domain/cards/rules.py")
