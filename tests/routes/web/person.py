"""Somebody at a browser: cookies kept, forms sent with the token of the page that is open."""

import html
import re
from typing import Any, cast

import httpx
from sqlalchemy import update

from backend.db.models import app_user
from tests.office import Office
from tests.passwords import HASHED, PASSWORD

HTMX = {"HX-Request": "true"}


class Browser:
    """A browser without scripts, over plain HTTP unless said otherwise."""

    def __init__(self, office: Office, base: str = "http://voronka.test", peer: str = "10.0.0.1"):
        self.office = office
        transport = httpx.ASGITransport(app=cast(Any, office.app), client=(peer, 1))
        self.http = httpx.AsyncClient(
            transport=transport, base_url=base, headers={"Accept": "text/html"}
        )
        self.csrf = ""

    async def get(self, path: str, **headers: str) -> httpx.Response:
        reply = await self.http.get(path, headers=_spelt(headers))
        if found := re.search(r'name="csrf" content="([^"]+)"', reply.text):
            self.csrf = html.unescape(found[1])
        return reply

    async def post(self, path: str, form: dict[str, Any], **headers: str) -> httpx.Response:
        return await self.http.post(path, data={"csrf": self.csrf, **form}, headers=_spelt(headers))

    async def sign_in(self, email: str, password: str = PASSWORD, **form: str) -> httpx.Response:
        await self.get("/sign-in")
        return await self.post("/sign-in", {"email": email, "password": password, **form})


def _spelt(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


async def at_browser(office: Office, name: str, role: str = "manager", **more: Any) -> Browser:
    """A new user who has just signed in and looks at his own page."""
    person = await office.person(name, role, **more)
    await give_password(office, person.id)
    browser = Browser(office)
    reply = await browser.sign_in(f"{name}@example.com")
    assert reply.status_code == 303, reply.text
    await browser.get("/settings/me")
    return browser


async def give_password(office: Office, user_id: int) -> None:
    query = update(app_user).where(app_user.c.id == user_id).values(password_hash=HASHED)
    await office.do(lambda tx: tx.run(query))
