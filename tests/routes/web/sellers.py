"""People at their boards: what they see, what they send."""

import html
import json
import re
from typing import Any

import httpx

from tests.office import Office, Person
from tests.routes.web.person import HTMX, Browser, give_password


class Seller:
    """A person with a token for arranging things, and a browser for looking at them."""

    def __init__(self, office: Office, person: Person, browser: Browser) -> None:
        self.office, self.person, self.browser = office, person, browser

    async def look(self, path: str) -> str:
        reply = await self.browser.get(path)
        assert reply.status_code == 200, reply.text
        return reply.text

    async def send(self, path: str, **form: Any) -> httpx.Response:
        return await self.browser.post(path, form, **HTMX)


async def sitting(office: Office, name: str, role: str = "manager") -> Seller:
    person = await office.person(name, role)
    await give_password(office, person.id)
    browser = Browser(office)
    await browser.sign_in(f"{name}@example.com")
    await browser.get("/settings/me")
    return Seller(office, person, browser)


def lanes(page: str) -> dict[str, str]:
    """The keys of the columns by their names."""
    return {html.unescape(name): key for key, name in re.findall(r'id="t-(\w+)">([^<]+)<', page)}


def cards(text: str) -> list[int]:
    return [int(one) for one in re.findall(r'<li class="card[^"]*" id="c(\d+)"', text)]


def toast(reply: httpx.Response) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(reply.headers["HX-Trigger"])["toast"]
    return found
