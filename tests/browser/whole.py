"""Every whole page there is, found by the table of pages: none is listed by hand."""

import re
from typing import Any

import httpx
from sqlalchemy import func, select

from backend.db.models import metadata
from backend.routes.web.policy import PAGES
from tests.browser.stage import Stage

KINDS = {"leads": "lead", "offers": "offer", "deals": "deal", "renewals": "renewal"}
TABLES = {
    "clients": "client", "pipelines": "pipeline", "stages": "stage", "reasons": "reason",
    "users": "app_user", "teams": "team", "agreements": "agreement", "rules": "reminder_rule",
    "contacts": "contact",
}  # fmt: skip
WORDS = {"columns": "1", "fields": "title", "lines": "1"}
BEGINS = b"<!doctype html>"


async def pages(stage: Stage, state: Any) -> dict[str, str]:
    """The address of each whole page that somebody gets: `clients-one` is some client's.

    `state` is what his browser holds; a stranger's holds nothing.
    """
    cookies = {one["name"]: one["value"] for one in state["cookies"]} if state else {}
    found: dict[str, str] = {}
    async with httpx.AsyncClient(base_url=stage.address, cookies=cookies, timeout=60) as http:
        for path in _asked():
            address = await _filled(stage, path)
            async with http.stream("GET", address, headers={"Accept": "text/html"}) as reply:
                if reply.status_code == 200 and "html" in reply.headers["content-type"]:
                    body = await reply.aread()
                    found |= {_name(path): address} if body.startswith(BEGINS) else {}
    return found


def _asked() -> list[str]:
    paths = [key.removeprefix("GET ") for key in PAGES if key.startswith("GET ")]
    return [path for path in paths if not path.startswith("/s/")]


def _name(path: str) -> str:
    return re.sub(r"\{\w+\}", "one", path).strip("/").replace("/", "-")


async def _filled(stage: Stage, path: str) -> str:
    """The address with something that is there for each of its parameters."""
    parts = path.split("/")
    for place, part in enumerate(parts):
        if part.startswith("{"):
            parts[place] = await _example(stage, parts[place - 1], parts)
    return "/".join(parts)


def unknown() -> set[str]:
    """What is followed by the number of something that nobody has told of here."""
    below = {name for path in _asked() for name in re.findall(r"/(\w+)/\{", path)}
    return below - KINDS.keys() - TABLES.keys() - WORDS.keys()


async def _example(stage: Stage, under: str, parts: list[str]) -> str:
    if under in WORDS:
        return WORDS[under]
    table = metadata.tables[TABLES.get(under, "card")]
    query = select(func.min(table.c.id))
    if under in KINDS:
        query = query.where(table.c.kind == KINDS[under], table.c.state == "open")
    if "pipelines" in parts[:-1] and under != "pipelines":
        query = query.where(table.c.pipeline_id == int(parts[parts.index("pipelines") + 1]))
    async with stage.database.read() as conn:
        return str((await conn.execute(query)).scalar_one())
