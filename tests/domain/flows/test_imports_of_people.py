"""Contacts and leads are imported like all else: made once, brought on, kept where changed here."""

from pathlib import Path
from typing import Any

from sqlalchemy import select

from backend.db.models import card, change, client, contact, lead
from tests.domain.flows import sources
from tests.domain.flows.maven import LATER, Importing

CONTACTS = """
[[import]]
record = "contact"
file = "contacts.csv"
id = "{id}"
columns.email.optional = true
fields.client = "{client}"
fields.name = "{name}"
fields.email = "{email}"
custom.hobby = "{hobby}"
"""
LEADS = """
[[import]]
record = "lead"
file = "leads.csv"
id = "{id}"
columns.budget.optional = true
columns.email.optional = true
fields.title = "{title}"
fields.owner = "anna"
fields.email = "{email}"
fields.budget = "{budget}"
fields.temperature = "{how}"
"""


async def imported(importing: Importing, folder: Path, section: str) -> dict[str, int]:
    report = await importing.run(folder, sources.plan(section))
    return dict(report.tallies[-1].outcomes)


async def test_contacts(importing: Importing, tmp_path: Path) -> None:
    sources.write(tmp_path, "1,Acme,,,", "2,Beta,,,")

    async def put(*rows: str) -> dict[str, int]:
        sources.write(tmp_path, *rows, name="contacts.csv", header="id,client,name,email,hobby")
        return await imported(importing, tmp_path, CONTACTS)

    assert await put("a,1,Ann,ann@x.ru,go", "b,1,Bob,,", "c,9,Cid,,x") == {
        "created": 1, "refused": 2,
    }  # fmt: skip
    assert [(line, column) for line, column, _ in importing.told()] == [(3, "hobby"), (4, "client")]
    importing.now = LATER
    assert await put("a,2,Ann,,go") == {"updated": 1}
    shown = select(contact.c.name, contact.c.email, contact.c.custom, client.c.external_id)
    assert await importing.rows(shown.join(client, client.c.id == contact.c.client_id)) == [
        ("Ann", None, {"hobby": "go"}, "2")
    ]
    assert await put("a,2,Ann,,go") == {"unchanged": 1}


async def test_leads(importing: Importing, tmp_path: Path) -> None:
    sources.write(tmp_path)

    async def put(*rows: str) -> dict[str, int]:
        sources.write(tmp_path, *rows, name="leads.csv", header="id,title,email,budget,how")
        return await imported(importing, tmp_path, LEADS)

    rows = (
        "a,Roof,ann@x.ru,100.50,warm",
        "b,Wall,,,cold",
        "c,Door,nobody,,cold",
        "d,X,,,mild",
    )
    assert await put(*rows) == {"created": 2, "refused": 2}
    assert [told[:2] for told in importing.told()] == [(4, "email"), (5, "how")]
    importing.now = LATER
    assert await put("a,Roof,ann@x.ru,200,hot", rows[1]) == {"updated": 1, "unchanged": 1}
    shown: Any = select(card.c.title, lead.c.budget, lead.c.temperature, card.c.version)
    found = shown.join(lead, lead.c.card_id == card.c.id).order_by(card.c.id)
    assert await importing.rows(found) == [("Roof", 20000, "hot", 2), ("Wall", None, "cold", 1)]


async def test_every_write_is_in_the_log_as_an_imports(
    importing: Importing, tmp_path: Path
) -> None:
    sources.write(tmp_path, "1,Acme,+7 1,,", "2,Beta,,,")
    await importing.run(tmp_path, sources.plan())
    importing.now = LATER
    sources.write(tmp_path, "1,Acme,+7 2,,", "2,Beta,,,")
    await importing.run(tmp_path, sources.plan())
    log = select(
        change.c.type, change.c.version, change.c.actor_kind, change.c.channel, client.c.external_id
    )
    found = log.join(client, client.c.id == change.c.record_id).where(change.c.kind == "client")
    assert await importing.rows(found.order_by(change.c.id)) == [
        ("client.created", 1, "import", "import", "1"),
        ("client.created", 1, "import", "import", "2"),
        ("client.updated", 2, "import", "import", "1"),
    ]
    versions = select(client.c.external_id, client.c.version).order_by(client.c.external_id)
    assert await importing.rows(versions) == [("1", 2), ("2", 1)]
