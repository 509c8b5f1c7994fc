"""Letters to clients: written with the reminder, sent after it is committed, given up aloud."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from backend.domain.vitals.actions import settle
from jobs.letters import send_letters
from tests.letterbox import Letterbox, letterbox
from tests.office import Office, Person
from tests.routes.api.chain import Chain, set_up
from tests.routes.api.reminding import alone, made, opened, run, told

pytestmark = pytest.mark.anyio

LETTER = {
    "type": "email", "subject": "{{ agreement }} ends on {{ renewal_date }}",
    "text": "Dear {{ contact or client }},\nit was {{ amount }}{% if period %} for {{ period }}"
    "{% endif %}. Yours, {{ owner }}",
}  # fmt: skip


@pytest.fixture
async def chain(office: Office) -> Chain:
    await office.set_company(locale="en")
    made = await set_up(office)
    made.on("2026-04-01")
    person = {"client_id": made.client_id, "name": "Ivan", "email": "ivan@acme.test"}
    reply = await made.anna.post("/contacts", {**person, "is_primary": True})
    assert reply.status_code == 201, reply.text
    return made


@pytest.fixture
async def boss(chain: Chain) -> Person:
    boss = await chain.office.person("boss", "admin")
    await alone(chain, boss, actions=[LETTER])
    return boss


@pytest.fixture
async def box(chain: Chain) -> AsyncIterator[Letterbox]:
    async with letterbox() as box:
        chain.office.resources.mailer = box.mailer
        yield box


async def sent(chain: Chain) -> None:
    await send_letters({"resources": chain.office.resources})


async def test_a_letter_goes_out_once_for_a_term(
    chain: Chain, boss: Person, box: Letterbox
) -> None:
    term = await opened(chain, "2026-04-16", title="Hosting", period="P1Y", amount="1500")
    for _ in range(2):
        await run(chain, boss, "2026-04-09")
    assert box.letters == []  # it is written with the reminder, and sent by the worker
    for _ in range(2):
        await sent(chain)
    (letter,) = box.letters
    assert letter["Subject"] == "Hosting ends on 2026-04-16"
    assert letter["To"] == "ivan@acme.test"
    assert letter["Reply-To"] == "anna@example.com"
    assert letter["From"] == "Voronka <sales@voronka.test>"
    text = "Dear Ivan,\nit was 1500.00 RUB for 1 year. Yours, anna"
    assert letter.get_content().strip().replace("\r\n", "\n") == text
    (said,) = (await chain.anna.get("/activities", card_id=term["id"])).json()["items"]
    assert (said["kind"], said["direction"], said["author_id"]) == ("email", "out", None)
    assert said["body"] == f"Hosting ends on 2026-04-16\n\n{text}"
    assert (await chain.read(term))["version"] == term["version"]


async def test_it_is_tried_again_and_given_up_aloud(
    chain: Chain, boss: Person, box: Letterbox
) -> None:
    await opened(chain, "2026-04-16", title="Hosting")
    await run(chain, boss, "2026-04-09")
    box.answers = ["451 come back later", "451 come back later"]
    for minutes in (0, 4, 1, 9, 1, 60):  # after 5 minutes, then after 10
        chain.office.now += timedelta(minutes=minutes)
        await sent(chain)
    assert (box.asked, len(box.letters), await told(chain.anna)) == (3, 1, [])
    box.answers = ["550 no such person"]
    await opened(chain, "2026-04-17", title="Mail")
    await run(chain, boss, "2026-04-10")
    for _ in range(2):
        chain.office.now += timedelta(days=1)
        await sent(chain)
    assert (box.asked, len(box.letters)) == (4, 1)
    refused = "The letter to ivan@acme.test was not sent: 550 no such person"
    assert await told(chain.anna) == [refused]
    # A server that is away is no answer; five times in vain is one. None at all is one at once.
    chain.office.resources.mailer = type(box.mailer)("smtp://127.0.0.1:9", "sales@voronka.test")
    await opened(chain, "2026-04-20", title="Backup")
    await run(chain, boss, "2026-04-13")
    for _ in range(5):
        assert len(await told(chain.anna)) == 1
        await sent(chain)
        chain.office.now += timedelta(hours=2)
    assert "SMTPConnectError" in (await told(chain.anna))[1]
    chain.office.resources.mailer = None
    await opened(chain, "2026-04-24", title="Domain")
    await run(chain, boss, "2026-04-17")
    await sent(chain)
    assert "VORONKA_SMTP_URL" in (await told(chain.anna))[2]


async def test_who_has_no_address_is_told_of(chain: Chain, boss: Person, box: Letterbox) -> None:
    other = await chain.office.client(chain.anna, "Beta")
    await opened(chain, "2026-04-16", client_id=other)
    assert (await run(chain, boss, "2026-04-09"))["failed"] == 0
    await sent(chain)
    assert box.letters == []
    assert await told(chain.anna) == ["No letter was sent: Beta has no e-mail address"]
    # What waits in a backup may have gone out after it was made.
    await opened(chain, "2026-04-17")
    await run(chain, boss, "2026-04-10")
    await chain.office.do(lambda tx: settle(tx, None, again=False))
    await sent(chain)
    assert box.letters == []


async def test_clients_and_enquiries_are_written_to_as_well(
    chain: Chain, boss: Person, box: Letterbox
) -> None:
    letter = {"type": "email", "subject": "Hello", "text": "Dear {{ contact or client }}"}
    rule = {"anchor": "created", "offset": "P0D", "while": [], "actions": [letter]}
    for kind in ("client", "lead"):
        await made(boss, kind=kind, **rule)
    enquiry = {"title": "Enquiry", "contact_name": "Olga", "email": "olga@new.test"}
    assert (await chain.anna.post("/leads", enquiry)).status_code == 201
    await run(chain, boss, "2026-04-02")
    await sent(chain)
    assert [(one["To"], one.get_content().strip()) for one in box.letters] == [
        ("ivan@acme.test", "Dear Ivan"), ("olga@new.test", "Dear Olga"),
    ]  # fmt: skip
