"""Small sources for tests of imports: clients of one owner, and what renews with them."""

from pathlib import Path

from backend.domain.flows.imports.mapping import Mapping
from backend.domain.flows.imports.reading import parse

OWNER = """
[[import]]
record = "user"
rows = [{ name = "Anna" }]
id = "anna"
fields.name = "{name}"
fields.email = "anna@import.invalid"
fields.role = "manager"
"""
CLIENTS = """
[[import]]
record = "client"
file = "clients.csv"
id = "{id}"
columns.phone.optional = true
columns.limit.optional = true
columns.size.optional = true
columns.size.number = true
fields.name = "{name}"
fields.owner = "anna"
fields.phone = "{phone}"
fields.credit_limit = "{limit}"
custom.size = "{size}"
"""
RENEWALS = """
[[import]]
record = "renewal"
file = "renewals.csv"
id = "{id}"
columns.period.optional = true
fields.client = "{client}"
fields.owner = "anna"
fields.amount = "{amount}"
fields.renewal_date = "{due}"
fields.period = "{period}"
"""
HEADER = "id,name,phone,limit,size"


def plan(*more: str, source: str = "", owner: str = OWNER + CLIENTS) -> Mapping:
    """A mapping of clients, and of what else is given."""
    return parse(f"[source]\n{source}\n{owner}{''.join(more)}")


def write(folder: Path, *rows: str, name: str = "clients.csv", header: str = HEADER) -> Path:
    """A folder with a file of these rows."""
    (folder / name).write_text("\n".join((header, *rows, "")), encoding="utf-8")
    return folder
