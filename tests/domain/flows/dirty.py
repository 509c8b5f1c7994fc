"""Dirty files, and what becomes of every row: stored as it stands, or refused with a reason."""

import codecs
import io
import zipfile
from dataclasses import dataclass, field
from typing import Any

from tests.domain.flows.sources import OWNER

PEOPLE = (
    OWNER
    + """
[[import]]
record = "client"
file = "x.csv"
id = "%s/{id}"
columns.note.optional = true
fields.name = "{name}"
fields.owner = "anna"
fields.special_terms = "{note}"
"""
)
TERMS = (
    OWNER
    + """
[[import]]
record = "client"
rows = [{ id = "c" }]
id = "c"
fields.name = "Acme"
fields.owner = "anna"

[[import]]
record = "renewal"
file = "x.csv"
id = "%s/{id}"
fields.client = "c"
fields.owner = "anna"
fields.amount = "{amount}"
fields.renewal_date = "{due}"
"""
)
STAFF = """
[[import]]
record = "user"
file = "x.csv"
id = "%s/{id}"
fields.name = "{id}"
fields.email = "{email}"
fields.role = "manager"
"""
Refused = tuple[int, str | None, str]


@dataclass(frozen=True)
class Dirty:
    """A file, how its mapping says it is written, and what comes of it.

    `stored` are the rows that are made, as they stand in the database; `stops` is why the whole
    file is refused before anything is written.
    """

    name: str
    data: bytes
    stored: list[tuple[Any, ...]] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    stops: str | None = None
    source: str = ""
    mapping: str = PEOPLE


HEAD = "id,name,note\n"
RU = [("1", "Ёлка", "да")]
ACME, BETA = ("1", "Acme", "x"), ("2", "Beta", "y")
SHORT = "the row is too short"
LONG = "the row is too long"
QUOTE = "a quote stands inside a cell"
OPEN = "a quote is not closed"
ENCODED = "this is not in the encoding of the file"
NOT_UTF8 = "this is not UTF-8; say in the mapping what the file is written in"


def text(rows: str, encoding: str = "utf-8", head: str = HEAD) -> bytes:
    return (head + rows).encode(encoding)


def workbook() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return stream.getvalue()


def encodings() -> list[Dirty]:
    russian, mixed = "1,Ёлка,да\n", text("1,Ёлка,да\n") + "2,Ель,\n".encode("cp1251")
    wide = text(russian, "utf-16-le")
    return [
        Dirty("utf-8", text(russian), RU),
        Dirty("utf-8 with a mark", codecs.BOM_UTF8 + text(russian), RU),
        Dirty("utf-16 little with a mark", codecs.BOM_UTF16_LE + wide, RU),
        Dirty("utf-16 big with a mark", codecs.BOM_UTF16_BE + text(russian, "utf-16-be"), RU),
        Dirty("utf-32 with a mark", text(russian, "utf-32"), RU),
        Dirty("utf-16 without a mark", wide, stops="looks like UTF-16 without a byte order mark"),
        Dirty("utf-16 stated", wide, RU, source='encoding = "utf-16-le"'),
        Dirty("cp1251 stated", text(russian, "cp1251"), RU, source='encoding = "cp1251"'),
        Dirty("cp1251 unstated", text(russian, "cp1251"), stops=f"line 2: {NOT_UTF8}"),
        Dirty("cp1252 stated", text("1,Zoë €,ß\n", "cp1252"), [("1", "Zoë €", "ß")],
              source='encoding = "cp1252"'),
        Dirty("not in cp1252", text("1,", "cp1252") + b"\x81,\n2,Beta,y\n", [BETA],
              [(2, "name", ENCODED)], source='encoding = "cp1252"'),
        Dirty("a mark is stronger than the mapping", codecs.BOM_UTF8 + text(russian), RU,
              source='encoding = "cp1251"'),
        Dirty("mixed, unstated", mixed, stops=f"line 3: {NOT_UTF8}"),
        Dirty("mixed, utf-8 stated", mixed, RU, [(3, "name", ENCODED)],
              source='encoding = "utf-8"'),
        Dirty("half a letter at the end", codecs.BOM_UTF16_LE + wide + b"3", RU,
              [(3, None, SHORT)]),
        Dirty("a header in another encoding", text("1,2,3\n", head="id,name,note,\u0451\n")[:14]
              + b"\xff\n1,Acme,x,\n", stops="the header is not written in utf-8",
              source='encoding = "utf-8"'),
    ]  # fmt: skip


def delimiters() -> list[Dirty]:
    return [
        Dirty("semicolons", text("1;Acme;x\n", head="id;name;note\n"), [ACME]),
        Dirty("tabs", text("1\tAcme\tx\n", head="id\tname\tnote\n"), [ACME]),
        Dirty("commas in cells of semicolons", text("1;Acme, Ltd;a,b\n", head="id;name;note\n"),
              [("1", "Acme, Ltd", "a,b")]),
        Dirty("stated bar", text("1|Acme|x\n", head="id|name|note\n"), [ACME],
              source='delimiter = "|"'),
        Dirty("another one than stated", text("1;Acme;x\n", head="id;name;note\n"),
              stops="has no column “id”; it has “id;name;note”", source='delimiter = ","'),
        Dirty("a bar unstated", text("1|Acme|x\n", head="id|name|note\n"),
              stops="it has “id|name|note”"),
        Dirty("quoted newlines", text('1,"Ac\nme",x\n2,Beta,y\n'), [("1", "Ac\nme", "x"), BETA]),
        Dirty("quoted delimiters and quotes", text('1,"A ""c"", me",x\n'),
              [("1", 'A "c", me', "x")]),
        Dirty("windows line ends", text("1,Acme,x\r\n2,Beta,y\r\n", head="id,name,note\r\n"),
              [ACME, BETA]),
        Dirty("old mac line ends", text("1,Acme,x\r2,Beta,y\r", head="id,name,note\r"),
              [ACME, BETA]),
        Dirty("mixed line ends", text("1,Acme,x\r\n2,Beta,y\r3,Gamma,z"),
              [ACME, BETA, ("3", "Gamma", "z")]),
        Dirty("empty lines are no rows", text("\n1,Acme,x\n\n\n2,Beta,y\n\n"), [ACME, BETA]),
    ]  # fmt: skip


def shapes() -> list[Dirty]:
    return [
        Dirty("too short", text("1,Acme\n2,Beta,y\n"), [BETA], [(2, None, SHORT)]),
        Dirty("too long", text("1,Acme,x,z\n2,Beta,y\n"), [BETA], [(2, None, LONG)]),
        Dirty("a delimiter at the end", text("1,Acme,x,\n"), [], [(2, None, LONG)]),
        Dirty("a blank line of blanks", text("   \n2,Beta,y\n"), [BETA], [(2, None, SHORT)]),
        Dirty("cells without anything", text(",,\n2,Beta,y\n"), [BETA], [(2, "id", "it is empty")]),
        Dirty("an open quote at the end", text('2,Beta,y\n1,"Acme,x\n'), [BETA], [(3, None, OPEN)]),
        Dirty("an open quote swallows lines", text('1,"Acme,x\n2,Beta,y\n3,C,z\n'), [],
              [(2, None, "(lines 2 to 4)")]),
        Dirty("text after a quote", text('1,"Acme"x,x\n2,Beta,y\n'), [BETA], [(2, None, QUOTE)]),
        Dirty("a quote within a cell", text('1,Ac"me,x\n'), [("1", 'Ac"me', "x")]),
        Dirty("NUL", text("1,Ac\0me,x\n2,Beta,y\n"), [BETA], [(2, "name", "a NUL character")]),
        Dirty("a cell of a megabyte", text(f"1,Acme,{'x' * 1_000_001}\n2,Beta,y\n"), [BETA],
              [(2, None, "longer than 1,000,000 characters")]),
        Dirty("a cell that is long", text(f"1,Acme,{'x' * 10_001}\n2,Beta,y\n"), [BETA],
              [(2, "note", "length <= 10000")]),
        Dirty("a line of five megabytes", text(f"1,Acme{',x' * 2_500_000}\n2,Beta,y\n"), [BETA],
              [(2, None, "this line is longer than 4,000,000 characters")]),
        Dirty("a name that is long", text(f"1,{'я' * 256},x\n1b,{'я' * 255},x\n"),
              [("1b", "я" * 255, "x")], [(2, "name", "length <= 255")]),
        Dirty("duplicated columns", text("1,Acme,x,y\n", head="id,name,note,name\n"),
              stops="the column “name” is there twice"),
        Dirty("duplicated columns that nobody needs", text("1,Acme,x,y,z\n",
              head="id,name,note,more,more\n"), [ACME]),
        Dirty("empty headers that nobody needs", text("1,Acme,x,,\n", head="id,name,note,,\n"),
              [ACME]),
        Dirty("headers with blanks around", text("1,Acme,x\n", head=" id ,\tname, note\n"), [ACME]),
        Dirty("headers without anything", text("1,Acme,x\n", head=",,\n"), stops="has no header"),
        Dirty("a column is missing", text("1,Acme\n", head="id,name\n"),
              stops="has no column “note”; it has “id”, “name”"),
        Dirty("a header of other letters", text("1,Acme,x\n", head="ID,Name,Note\n"),
              stops="has no column “id”"),
        Dirty("empty file", b"", stops="is empty: it has no header"),
        Dirty("a mark alone", codecs.BOM_UTF8, stops="is empty: it has no header"),
        Dirty("header only", text(""), []),
        Dirty("workbook", workbook(), stops="is a ZIP archive or an Excel workbook"),
        Dirty("old workbook", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), stops="old Excel"),
        Dirty("web page", b"<!DOCTYPE html>\n<table>", stops="has no column “id”"),
    ]  # fmt: skip


def texts() -> list[Dirty]:
    kept = [
        ("emoji", "Кот 🐈‍⬛"), ("right to left", "\u202eاسم"), ("zero width", "A\u200bc\u200dme"),
        ("accents apart", "Cafe\u0301"), ("a formula", "=HYPERLINK(1)"),
        ("a formula by plus", "+1-2"),
        ("a formula by at", "@SUM(A1)"), ("wide letters", "ＡＣＭＥ"), ("markup", "<b>A</b>"),
        ("an apostrophe", "'Acme"),
    ]  # fmt: skip
    return [
        *(Dirty(name, text(f"1,{it},x\n"), [("1", it, "x")]) for name, it in kept),
        Dirty("pdf", b"%PDF-1.7\n%\xe2\xe3", stops="is a PDF"),
        Dirty("gzip", b"\x1f\x8b\x08\0" + bytes(9), stops="is a gzip archive"),
        Dirty("blanks around are not kept", text("1,  Acme \u00a0, x\n"), [ACME]),
        Dirty("an id twice, alike", text("1,Acme,x\n1,Acme,x\n"), [ACME]),
        Dirty("ids differ by case", text("a,Acme,x\nA,Acme,x\n"),
              [("A", "Acme", "x"), ("a", "Acme", "x")]),
        Dirty("an id that is long", text(f"{'i' * 128},Acme,x\n"), [], [(2, "id", "<= 128")]),
        Dirty("e-mails alike by case", text("1,a@x.ru\n2,A@X.RU\n", head="id,email\n"),
              [("1", "a@x.ru")], [(3, None, "This e-mail is taken")], mapping=STAFF),
        Dirty("e-mails alike by Unicode", text("1,é@x.org\n2,e\u0301@x.org\n", head="id,email\n"),
              [("1", "é@x.org")], [(3, None, "This e-mail is taken")], mapping=STAFF),
        Dirty("no e-mail", text("1,nobody\n2,b@x.ru\n", head="id,email\n"), [("2", "b@x.ru")],
              [(2, "email", "“nobody” is not an e-mail address")], mapping=STAFF),
    ]  # fmt: skip
