"""Mappings that are wrong are refused with their place; odd files are read row by row."""

from pathlib import Path

import pytest

from backend.domain.flows.imports.files import WRONG, SourceRow, rows
from backend.domain.flows.imports.mapping import MappingError, Source
from backend.domain.flows.imports.reading import parse
from backend.domain.flows.imports.sniffing import layout_of

PIPELINE = """
[pipeline]
key = "p"
name = "P"
stages = [
  { key = "first", kind = "open", name = "First" },
  { key = "won", kind = "won", name = "Won" },
  { key = "lost", kind = "lost", name = "Lost" },
]
reasons = [{ key = "imported", name = "Imported", group = "unknown" }]
"""
TEAM = """
[[import]]
record = "team"
file = "teams.csv"
id = "{code}"
fields.name = "{name}"
"""
DEAL = """
[[import]]
record = "deal"
file = "deals.csv"
id = "{code}"
fields.title = "{title}"
fields.owner = "{owner}"
stage_by = "status"
[import.stages]
"""
FILE = 'file = "teams.csv"'
DAY = 'on = "{day}"'
FIRST = f'{{ stage = "first", {DAY} }}'


def test_a_mapping_that_is_right() -> None:
    mapping = parse(TEAM + DEAL + 'Open = [{ stage = "first", on = "{day}" }]' + PIPELINE)
    team, deal = mapping.sections
    assert (team.record, team.name, team.named_columns()) == ("team", "teams.csv", {"code", "name"})
    assert deal.named_columns() == {"code", "title", "owner", "status", "day"}
    assert mapping.source == Source()


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("[[import", "the mapping is not TOML: "),
        ("", "Object missing required field `import`"),
        ("import = []", "the mapping has no [[import]] section"),
        (TEAM + "columns.name.trim = true", "[[import]] 1 columns: Object contains unknown"),
        (TEAM.replace("team", "tram", 1), "[[import]] 1 record: Invalid enum value 'tram'"),
        (TEAM.replace(FILE, ""), "give either `file` or `rows`"),
        (TEAM + 'fields.colour = "{c}"', "a team has no field `colour`; it has name"),
        (TEAM.replace("fields.name", "custom.name"), "a team needs the field `name`"),
        (TEAM + 'custom.size = "{size}"', "a team has no custom fields"),
        (TEAM.replace("{name}", "{name:upper}"), "after the colon only `slug` is known"),
        (TEAM.replace("{name}", "{name"), "`{name`: a brace without its partner"),
        (TEAM + 'stage_by = "x"', "a team has no stages"),
        (TEAM.replace(FILE, 'rows = [{ code = "1" }]'), "`name` is missing in one of `rows`"),
        (TEAM + '[source]\nencoding = "utf-9"', "source.encoding: “utf-9” is not known"),
        (TEAM + '[source]\ndelimiter = ";;"', "source.delimiter: one character is needed"),
        (TEAM + '[source]\ntime = "noon"', "source.time: write hours and minutes"),
        (TEAM + '[source]\ndates = "%Y"', "source.dates: write a format such as"),
        (TEAM + '[source]\ndates = []', "source.dates: write a format such as"),
        (TEAM + "[source]\ndelimiter = '\"'", "source.delimiter: one character is needed"),
        (TEAM + '[source]\ndecimal = ";"', "source.decimal: Invalid enum value ';'"),
        (TEAM + 'source_wins = ["size"]', "source_wins: there is no field `size`"),
        (TEAM + 'reschedule = "x"', "a team has no date that is rescheduled"),
        (DEAL, "deals need a [pipeline] with `stages`"),
        (DEAL + PIPELINE, "deals need `stage_by` (a column) and `stages`"),
        (DEAL + "Open = []" + PIPELINE, "“Open”: a deal begins in an open stage"),
        (DEAL + f'A = [{{ stage = "won", {DAY} }}]' + PIPELINE, "begins in an open stage"),
        (DEAL + f'A = [{{ stage = "second", {DAY} }}]' + PIPELINE, "begins in an open stage"),
        (DEAL + f"A = [{FIRST}, {{ stage = 'x', {DAY} }}]" + PIPELINE, "has no stage `x`"),
        (DEAL + "A = [{ stage = 'first', on = 'soon' }]" + PIPELINE, "“soon” is not a date"),
        (DEAL + f"A = [{FIRST}, {{ stage = 'lost', {DAY} }}]" + PIPELINE, "`lost`: a reason"),
        (
            DEAL + f"A = [{FIRST}, {{ stage = 'lost', {DAY}, reason = 'x' }}]" + PIPELINE,
            "“A”: the pipeline has no reason `x`",
        ),
    ],
)  # fmt: skip
def test_a_mapping_that_is_wrong(text: str, wrong: str) -> None:
    with pytest.raises(MappingError) as refused:
        parse(text)
    assert wrong in refused.value.message


def test_the_mapping_in_the_manual_is_right() -> None:
    manual = Path(__file__).parents[3] / "docs" / "import.md"
    text = manual.read_text(encoding="utf-8").split("```toml\n")[1].split("```")[0]
    (section,) = parse(text).sections
    assert (section.record, section.reschedule) == ("renewal", "client_asked")


def read(tmp_path: Path, content: bytes, source: Source | None = None) -> list[SourceRow]:
    file = tmp_path / "x.csv"
    file.write_bytes(content)
    return list(rows(layout_of(file, source or Source(), {"a", "b"})))


def test_lines_are_counted_as_an_editor_does(tmp_path: Path) -> None:
    found = read(tmp_path, b'\xef\xbb\xbf a ,b,b2\r\n"1\n2",3,4\r\n\r\n5,6,7')
    assert found == [
        SourceRow(2, {"a": "1\n2", "b": "3", "b2": "4"}),
        SourceRow(5, {"a": "5", "b": "6", "b2": "7"}),
    ]


@pytest.mark.parametrize(
    ("row", "broken", "column"),
    [
        (b"1", "the row is too short: 1 cells, the header has 2", None),
        (b"1,2,3", "the row is too long: 3 cells, the header has 2", None),
        (b"1,\xff2", "this is not in the encoding of the file", "b"),
        (b"1,a\x00b", "a NUL character", "b"),
        (b'1,"2"3', WRONG["expected after"], None),
        (b"1," + b"x" * 1_000_001, WRONG["field larger"], None),
    ],
)
def test_a_broken_row_is_named_and_the_next_is_read(
    tmp_path: Path, row: bytes, broken: str, column: str | None
) -> None:
    found = read(tmp_path, b"a,b\n" + row + b"\n3,4\n", Source(encoding="utf-8"))
    assert found == [SourceRow(2, {}, broken, column), SourceRow(3, {"a": "3", "b": "4"})]


def test_a_quote_without_its_partner_is_one_broken_row(tmp_path: Path) -> None:
    found = read(tmp_path, b'a,b\n1,2\n3,"4\n5,6\n')
    assert found == [
        SourceRow(2, {"a": "1", "b": "2"}),
        SourceRow(3, {}, f"{WRONG['unexpected end']} (lines 3 to 4)"),
    ]


def test_other_ways_of_writing_files(tmp_path: Path) -> None:
    russian = Source(encoding="cp1251", delimiter=";")
    found = read(tmp_path, "a;b\nЁлка;1,5\n".encode("cp1251"), russian)
    assert found == [SourceRow(2, {"a": "Ёлка", "b": "1,5"})]
    wide = Source(encoding="utf-16", delimiter="\t")
    assert read(tmp_path, "a\tb\n1\t2\n".encode("utf-16"), wide) == [
        SourceRow(2, {"a": "1", "b": "2"})
    ]


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        (b"", "is empty: it has no header"),
        (b"a,c\n1,2\n", "has no column “b”; it has “a”, “c”"),
        (b"a,b,a\n1,2,3\n", "the column “a” is there twice"),
        (b'a,"b"x\n', "the header cannot be read"),
    ],
)
def test_a_file_that_cannot_be_used(tmp_path: Path, content: bytes, wrong: str) -> None:
    file = tmp_path / "x.csv"
    file.write_bytes(content)
    with pytest.raises(MappingError) as refused:
        layout_of(file, Source(), {"a", "b"})
    assert wrong in refused.value.message
