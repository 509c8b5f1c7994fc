"""Guessing passwords: so many tries an hour, whoever asks; who has been in before gets in."""

import httpx
import pytest

from backend.domain.users.sessions import sign_in
from backend.settings import Rate
from tests.office import Office
from tests.passwords import PASSWORD
from tests.routes.web.person import Browser, give_password

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_in, "PER_ACCOUNT", Rate(4, 3600))
    monkeypatch.setattr(sign_in, "PER_ADDRESS", Rate(3, 3600))


async def tries(office: Office, count: int, email: str, peer: str) -> list[int]:
    browser = Browser(office, peer=peer)
    return [(await browser.sign_in(email, "wrong")).status_code for _ in range(count)]


@pytest.fixture
async def anna(office: Office) -> str:
    person = await office.person("anna")
    await give_password(office, person.id)
    return "anna@example.com"


def told(reply: httpx.Response) -> tuple[int, str, str]:
    alert = reply.text.partition('role="alert">')[2].partition("<")[0]
    return reply.status_code, reply.headers["retry-after"], alert


async def test_an_address_guesses_so_often(office: Office, anna: str) -> None:
    """Whatever it says about whom it speaks for; an unknown account is told the same."""
    browser = Browser(office)
    await browser.get("/sign-in")
    found = []
    for number in range(5):
        form = {"email": anna if number % 2 else "nobody@example.com", "password": "wrong"}
        reply = await browser.post("/sign-in", form, X_Forwarded_For=f"10.9.9.{number}")
        found.append(reply)
    assert [reply.status_code for reply in found] == [422, 422, 422, 429, 429]
    wait = "Too many tries. Wait 60 minutes and try again."
    assert told(found[3]) == told(found[4]) == (429, "3600", wait)
    right = await browser.sign_in(anna)
    assert right.status_code == 429
    office.later(minutes=60)
    assert (await browser.sign_in(anna)).status_code == 303


async def test_an_account_is_guessed_at_so_often_from_all_addresses(
    office: Office, anna: str
) -> None:
    assert await tries(office, 2, anna, "10.0.0.1") == [422, 422]
    assert await tries(office, 2, anna, "10.0.0.2") == [422, 422]
    assert await tries(office, 1, anna.upper(), "10.0.0.3") == [429]
    assert (
        await Browser(office, peer="10.0.0.4").sign_in("else@example.com", "x")
    ).status_code == 422


async def test_who_has_been_in_before_gets_in_while_others_guess(office: Office, anna: str) -> None:
    own = Browser(office, peer="10.0.0.9")
    assert (await own.sign_in(anna)).status_code == 303
    await own.get("/settings/me")
    await own.post("/sign-out", {})
    for peer in ("10.0.0.1", "10.0.0.2", "10.0.0.9"):
        await tries(office, 3, anna, peer)
    assert (await Browser(office, peer="10.0.0.5").sign_in(anna, PASSWORD)).status_code == 429
    assert [(await own.sign_in(anna, "slip")).status_code for _ in range(3)] == [422, 422, 422]
    assert (await own.sign_in(anna)).status_code == 303


async def test_coming_in_is_not_counted(office: Office, anna: str) -> None:
    for _ in range(6):
        assert (await Browser(office).sign_in(anna)).status_code == 303
    assert await tries(office, 4, anna, "10.0.0.1") == [422, 422, 422, 429]
