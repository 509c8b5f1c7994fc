"""Every row of a dirty file is imported as it stands, or named with line, column and reason."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from backend.db.models import app_user, card, client, renewal
from backend.domain.flows.imports.mapping import MappingError
from backend.domain.flows.imports.reading import parse
from tests.domain.flows import dirty, dirty_numbers
from tests.domain.flows.dirty import PEOPLE, STAFF, TERMS, Dirty
from tests.domain.flows.maven import Importing

FILES = [
    *dirty.encodings(), *dirty.delimiters(), *dirty.shapes(), *dirty.texts(),
    *dirty_numbers.numbers(),
]  # fmt: skip
STORED: dict[str, Any] = {
    PEOPLE: select(client.c.external_id, client.c.name, client.c.special_terms),
    STAFF: select(app_user.c.external_id, app_user.c.email),
    TERMS: select(card.c.external_id, card.c.amount, renewal.c.renewal_date).join(renewal),
}


def test_there_are_enough_of_them() -> None:
    assert len(FILES) >= 60
    assert len({file.name for file in FILES}) == len(FILES)


async def test_nothing_is_dropped_and_nothing_is_mended(
    importing: Importing, tmp_path: Path, dialect: str
) -> None:
    wrong = {}
    # What is read is the same on both databases; a few show that what is stored is, too.
    for number, file in enumerate(FILES if dialect == "sqlite" else FILES[::7]):
        (tmp_path / "x.csv").write_bytes(file.data)
        came = await outcome(importing, tmp_path, file, f"f{number}")
        if not fits(file, came):
            wrong[file.name] = came
    assert wrong == {}


async def outcome(importing: Importing, folder: Path, file: Dirty, number: str) -> Any:
    """The rows that are stored and those that are refused, or why the file was."""
    plan = parse(f"[source]\n{file.source}\n{file.mapping % number}")
    try:
        report = await importing.run(folder, plan)
    except MappingError as error:
        return error.message
    rows = await importing.rows(STORED[file.mapping])
    stored = [(name.partition("/")[2], *rest) for name, *rest in rows if mine(name, number)]
    tally = report.tallies[-1]
    assert tally.rows == len(stored) + len(importing.refused) + tally.outcomes["unchanged"]
    return sorted(stored), importing.told()


def mine(name: str | None, number: str) -> bool:
    return name is not None and name.startswith(f"{number}/")


def fits(file: Dirty, came: Any) -> bool:
    if file.stops is not None or isinstance(came, str):
        return isinstance(came, str) and file.stops is not None and file.stops in came
    stored, refused = came
    told = [(line, column) for line, column, _ in refused]
    return (
        stored == sorted(file.stored)
        and told == [(line, column) for line, column, _ in file.refused]
        and all(
            part in reason for (*_, reason), (*_, part) in zip(refused, file.refused, strict=True)
        )
    )


async def test_a_folder_in_the_place_of_a_file(importing: Importing, tmp_path: Path) -> None:
    (tmp_path / "x.csv").mkdir()
    with pytest.raises(MappingError, match=r"x\.csv, which the mapping names, is not a file"):
        await importing.run(tmp_path, parse(PEOPLE % "1"))
