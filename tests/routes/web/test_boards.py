"""Boards in the browser: pages and patches, new cards; what is typed in is only text."""

import html
import re
from decimal import Decimal

import pytest

from tests.factories.cards import new_deal
from tests.factories.tasks import new_task
from tests.office import Office
from tests.routes.web.person import HTMX
from tests.routes.web.sellers import Seller, cards, lanes, sitting, toast

PAYLOADS = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\"><svg onload=alert(1)>",
    "</div><b hx-get=/sign-out>", "<i data-hx-post=/x hx-trigger=load>", "' hx-on:click='x",
    "{{ 7 * 7 }}", "</template><template hx type=partial>", "<base href=//evil>",
    "<form id=f action=//evil>", "javascript:alert(1)", "<i hx-swap-oob=true id=board>",
)  # fmt: skip


@pytest.fixture
def dialect() -> str:
    """One database: what the pages ask is tried on both where it is asked."""
    return "sqlite"


@pytest.fixture
async def anna(office: Office) -> Seller:
    return await sitting(office, "anna")


@pytest.mark.parametrize("path", ["/leads", "/offers", "/deals", "/renewals"])
async def test_every_board_opens_empty(anna: Seller, path: str) -> None:
    page = await anna.look(path)
    assert page.count('<section class="col"') >= 4
    assert cards(page) == []
    assert "hx-sse:connect" in page


async def test_who_only_reads_is_offered_nothing_to_write(office: Office, anna: Seller) -> None:
    deal = await new_deal(anna.person, client_id=await office.client(anna.person))
    reader = await sitting(office, "reader", "viewer")
    page = await reader.look("/deals")
    assert cards(page) == [deal["id"]]
    assert not re.search('data-add|data-new|id="quick"|Drag a card', page)
    assert "your role changes nothing" in await reader.look(f"/deals/{deal['id']}")
    assert "Only to read" not in await anna.look(f"/deals/{deal['id']}")


async def test_a_board_shows_what_the_viewer_may_see(office: Office, anna: Seller) -> None:
    boris = await office.person("boris")
    acme, other = await office.client(anna.person), await office.client(boris, "Vector")
    mine = await new_deal(anna.person, client_id=acme, amount=Decimal(1200000))
    await new_deal(boris, client_id=other)
    page = await anna.look("/deals")
    assert cards(page) == [mine["id"]]
    assert "Vector" not in page
    assert "1.2M\xa0₽" in page
    part = await anna.browser.get("/deals?q=acme", **HTMX)
    assert part.text.count("<html") == 0
    assert cards(part.text) == [mine["id"]]
    assert cards((await anna.browser.get("/deals?q=vector", **HTMX)).text) == []
    assert cards(await anna.look(f"/deals?view=list&m={anna.person.id}")) == []
    assert f'id="c{mine["id"]}"' in await anna.look("/deals?view=list")
    patch = await anna.look(f"/deals/patch?ids={mine['id']},999")
    assert cards(patch) == [mine["id"]]
    assert 'data-gone="999"' in patch
    assert cards(await anna.look("/deals?sum_from=1+200%C2%A0000&sum_to=")) == [mine["id"]]
    assert "from 1,200,001" in (narrow := await anna.look("/deals?sum_from=1200001"))
    assert cards(narrow) == []
    assert cards(await anna.look("/deals?flag=late&flag=notask")) == [mine["id"]]  # the last one


async def test_a_card_that_was_drawn_before_is_never_an_old_one(
    office: Office, anna: Seller
) -> None:
    acme = await office.client(anna.person)
    deal = await new_deal(anna.person, client_id=acme, amount=Decimal(1200000))
    for _ in range(2):
        assert "1.2M\xa0₽" in await anna.look("/deals")
    await anna.person.patch(f"/deals/{deal['id']}", {"amount": "3000"}, 1)
    page = await anna.look("/deals")
    assert ("3K\xa0₽" in page, "1.2M\xa0₽" in page) == (True, False)
    office.later(days=4)
    assert "4 d<" in await anna.look("/deals")
    await anna.send("/settings/me", name="anna", locale="ru", version=1)
    assert "4 д<" in await anna.look("/deals")


async def test_what_people_type_is_only_text(office: Office, anna: Seller) -> None:
    for payload in PAYLOADS:
        client = await office.client(anna.person, payload)
        await new_deal(anna.person, client_id=client, title=payload, source=payload[:64])
    for page in ("/deals", "/deals?view=list"):
        text = await anna.look(page)
        for payload in PAYLOADS:
            escaped = html.escape(payload).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")
            assert escaped in text
            assert not set("<>\"'") & set(payload) or payload not in text
    for payload in PAYLOADS:
        asked = await anna.browser.get("/deals", HX_Request="true")
        assert asked.status_code == 200
        found = await anna.browser.http.get("/deals", params={"q": payload[:200]})
        assert found.status_code == 200
        assert not set("<>\"'") & set(payload) or payload not in found.text


async def test_addresses_that_say_nothing_sensible_are_refused(anna: Seller) -> None:
    for query in ("from=yesterday", "m=a", "sum=5", "sort=best", "view=map", "nothing=1"):
        assert (await anna.browser.get(f"/deals?{query}", **HTMX)).status_code == 400
    assert (await anna.browser.get("/deals?m=&from=&q=", **HTMX)).status_code == 200
    assert (await anna.browser.get("/deals?p=nothing", **HTMX)).status_code == 404


async def test_figures_come_after_the_cards(office: Office, anna: Seller) -> None:
    acme = await office.client(anna.person)
    await new_deal(anna.person, client_id=acme)
    page = await anna.look("/deals")
    first = next(iter(lanes(page).values()))
    assert 'hx-get="/deals/figures"' in page
    assert 'class="band"' not in page
    figures = await anna.look("/deals/figures")
    assert f'id="f-{first}" hx-swap-oob="true"' in figures
    assert '<b class="num" id="n-notask" hx-swap-oob="true">1</b>' in figures
    assert '<span id="n-days" hx-swap-oob="true"></span>' in figures


async def test_what_is_overdue_is_one_chip_and_the_days_to_a_win_are_told(
    office: Office, anna: Seller
) -> None:
    acme = await office.client(anna.person)
    late, calm = [(await new_deal(anna.person, client_id=acme))["id"] for _ in range(2)]
    await new_task(anna.person, card_id=late, due_at="2026-03-11T10:00:00Z")
    office.later(days=4)
    assert cards(await anna.look("/deals?flag=late")) == [late]
    figures = await anna.look("/deals/figures?flag=late")
    assert '<b class="num" id="n-late" hx-swap-oob="true">1</b>' in figures
    won = await anna.person.post(f"/deals/{calm}/move", {"stage": "won"}, 1)
    assert won.status_code == 200, won.text
    assert "won in 4.0 d</span>" in await anna.look("/deals/figures")


async def test_a_card_is_added_in_one_line(office: Office, anna: Seller) -> None:
    page = await anna.look("/deals")
    first = next(iter(lanes(page).values()))
    home = re.findall(r'name="pipeline" value="(\d+)"', page)[0]
    line = {"stage": first, "pipeline": home, "whom": " Vector  Ltd", "title": "Servers"}
    made = await anna.send("/deals/new", **line, amount="100.50")
    assert made.status_code == 200, made.text
    (number,) = cards(made.text)
    assert toast(made)["text"] == f"D-{number} is added: Vector  Ltd"
    deal = (await anna.person.get(f"/deals/{number}")).json()
    assert (deal["amount"], deal["client_name"], str(deal["stage_id"])) == (
        "100.50", "Vector  Ltd", first
    )  # fmt: skip
    names = await anna.look("/deals/clients?whom=vect")
    assert names.strip() == '<option value="Vector  Ltd"></option>'
    again = await anna.send("/deals/new", **{**line, "whom": "vector ltd"})
    twin = (await anna.person.get(f"/deals/{cards(again.text)[0]}")).json()
    assert twin["client_id"] == deal["client_id"]
    assert cards(await anna.look("/deals")) == [twin["id"], number]  # the newest stands first
    counts = await office.counts()
    refused = await anna.send("/deals/new", **{**line, "whom": "New", "stage": lanes(page)["Won"]})
    assert refused.status_code == 409
    needy = await anna.send(
        "/deals/new", **{**line, "whom": "New", "stage": lanes(page)["Invoice"]}
    )
    assert needy.status_code == 422
    assert await office.counts() == counts
    lead = await anna.look("/leads")
    spot = {"stage": next(iter(lanes(lead).values())), "whom": "Kestrel", "title": "Asks"}
    home = re.findall(r'name="pipeline" value="(\d+)"', lead)[0]
    assert "Kestrel" in (await anna.send("/leads/new", **spot, pipeline=home)).text


async def test_a_card_handed_over_is_new_until_its_owner_opens_it(
    office: Office, anna: Seller
) -> None:
    boss = await sitting(office, "boss", "admin")
    acme = await office.client(boss.person)
    deal = await new_deal(boss.person, client_id=acme)
    given = await boss.person.post(f"/deals/{deal['id']}/transfer", {"owner_id": anna.person.id}, 1)
    assert given.status_code == 200
    assert 'class="card new"' in await anna.look("/deals")
    where = f"/deals/{deal['id']}/opened"
    assert 'class="card new"' in (await boss.send(where)).text
    seen = await anna.send(where)
    assert (seen.status_code, 'class="card"' in seen.text, 'data-v="3"' in seen.text) == (
        200, True, True
    )  # fmt: skip
    assert 'data-v="3"' in (await anna.send(where)).text
    assert await office.events(deal["id"]) == ["created", "transferred"]
