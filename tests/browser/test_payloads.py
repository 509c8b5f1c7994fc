"""What people type is only text: nothing of it runs, asks or becomes part of a page."""

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import update

from backend.db.models import pipeline, reason, stage
from backend.db.session import Unit
from tests.browser.boards import opened
from tests.browser.conftest import WHOLE, Company
from tests.browser.desks import Desks
from tests.factories.cards import new_deal, new_lead, new_offer, new_renewal
from tests.factories.contacts import new_contact
from tests.factories.pipelines import new_pipeline
from tests.factories.tasks import new_task

pytestmark = pytest.mark.anyio
BOARDS = ("/deals", "/offers", "/leads") if WHOLE else ("/deals",)
KINDS = ("deals", "clients", "leads", "offers", "renewals") if WHOLE else ("deals", "clients")

# Each would ask for an address with `planted` in it, open a dialog, or be seen among the nodes.
PAYLOADS = (
    "<script src=/planted></script>", "<img src=/planted onerror=alert(1)>",
    '"><svg onload=alert("planted")>', "</div></ul><b hx-get=/planted hx-trigger=load>b</b>",
    "<i data-hx-post=/planted data-hx-trigger=load>i</i>", "' hx-on:load='1' hx-get='/planted",
    '{{ 7 * 7 }}" hx-get="/planted" hx-trigger="load', "</template><template hx-get=/planted>",
    "<base href=//planted.example/>", "<form id=f action=//planted.example><input name=to>",
    "javascript:location='/planted'", "<i id=board hx-swap-oob=true hx-get=/planted>o</i>",
)  # fmt: skip
SENT_BY_OTHERS = """() => [...document.querySelectorAll('*')].filter((one) =>
  [...one.attributes].some(({ name, value }) => /\\/planted|alert\\(/.test(value) && (
    /^(data-)?hx-|^on/.test(name) || ['src', 'action', 'formaction'].includes(name)
    || (name === 'href' && !one.matches('a[href^="/"], a[href^="tel:"], a[href^="mailto:"]'))))
  || one.matches('base') || (one.matches('[hx-get], [hx-post], [data-hx-get], [data-hx-post]')
    && one.dataset.n !== document.body.dataset.n)).map((one) => one.outerHTML.slice(0, 200))"""
LACKS = """(texts) => { const main = document.querySelector('#main').textContent;
  return texts.filter((text) => !main.includes(text)) }"""


async def planted(company: Company, payload: str) -> dict[str, int]:
    """A client with a card of each kind, the payload in every text of them."""
    who, line = company.manager, {"title": payload, "source": payload[:64]}
    client = await company.office.client(who, payload)
    of_client = {"client_id": client, **line}
    found = (await who.get(f"/clients/{client}")).json()
    texts = {"special_terms": payload, "phone": payload[:64]}
    reply = await who.patch(f"/clients/{client}", texts, found["version"])
    assert reply.status_code == 200, reply.text
    await new_contact(who, client_id=client, name=payload, job_title=payload, note=payload)
    deal = await new_deal(who, **of_client, competitor=payload)
    await new_task(who, card_id=deal["id"], title=payload)
    said = {"card_id": deal["id"], "kind": "note", "body": payload}
    assert (await who.post("/activities", said)).status_code == 201
    lead = await new_lead(who, **line, company_name=payload, contact_name=payload, need=payload)
    offer = await new_offer(who, **of_client, payment_terms=payload, special_terms=payload)
    renewal = await new_renewal(who, **of_client)
    cards = {"deals": deal, "leads": lead, "offers": offer, "renewals": renewal}
    return {"clients": client} | {kind: card["id"] for kind, card in cards.items()}


async def named(company: Company, payload: str, key: str) -> None:
    """A pipeline, its stages and its reasons, named by the payload."""
    home = await new_pipeline(company.office, key, ["one"])
    names = {"name_en": payload[:64], "name_ru": payload[:64]}
    told = {"meaning_en": payload, "instructions_en": payload}

    async def work(tx: Unit) -> None:
        await tx.run(update(pipeline).where(pipeline.c.id == home), names)
        await tx.run(update(stage).where(stage.c.pipeline_id == home), {**names, **told})
        await tx.run(update(reason).where(reason.c.pipeline_id == home), names)

    await company.office.do(work)


async def harmless(page: Page, *payloads: str) -> None:
    """They are read as they were typed, and nothing of them is part of the page."""
    assert await page.evaluate(LACKS, list(payloads)) == []
    assert await page.evaluate(SENT_BY_OTHERS) == []


async def test_what_people_type_neither_runs_nor_asks(company: Company, desks: Desks) -> None:
    """On boards, lists, cards and the pages of clients."""
    made = [await planted(company, payload) for payload in PAYLOADS]
    desk = await desks.sit(company.email("manager"))
    page, asked, dialogs = desk.page, list[str](), list[str]()
    page.on("request", lambda sent: asked.append(sent.url))
    page.on("dialog", lambda shown: dialogs.append(shown.message))
    for path in BOARDS:
        await page.goto(f"{path}?q=planted")
        await harmless(page, *PAYLOADS)
        await page.goto(f"{path}?q=planted&view=list")
        await harmless(page, *PAYLOADS)
    for payload, ids in list(zip(PAYLOADS, made, strict=True))[:: 1 if WHOLE else 5]:
        for kind in KINDS:
            await page.goto(f"/{kind}/{ids[kind]}")
            await harmless(page, payload)
    assert [url for url in asked if "/planted" in url or not url.startswith(desks.address)] == []
    assert dialogs == []


async def test_names_of_stages_and_reasons_are_only_text(company: Company, desks: Desks) -> None:
    """On the board, in the menu of a card, in the dialog of a loss."""
    payload = PAYLOADS[3]
    await named(company, payload, "planted")
    client = await company.office.client(company.manager, payload)
    deal = await new_deal(company.manager, client_id=client, pipeline="planted", title=payload)
    desk = await desks.sit(company.email("manager"))
    desk.refused(422)
    page, asked = desk.page, list[str]()
    page.on("request", lambda sent: asked.append(sent.url))
    await opened(desk, "/deals?p=planted")
    await harmless(page, payload[:64])
    await page.locator(f"#c{deal['id']} .t a").focus()
    await page.keyboard.press("m")
    await page.locator("#menu button").nth(1).click()
    await expect(page.locator("#dlg[open] .opt").first).to_contain_text(payload[:64])
    assert await page.evaluate(SENT_BY_OTHERS) == []
    await page.keyboard.press("Escape")
    assert [url for url in asked if "/planted" in url] == []
