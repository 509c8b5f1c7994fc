"""Reminder rules in the settings: told in words, written without a script, tried beforehand."""

import re
from typing import Any

import pytest
from sqlalchemy import select

from backend.db.models import reminder_rule
from tests.factories.cards import new_renewal
from tests.office import Office
from tests.routes.web.person import HTMX
from tests.routes.web.sellers import Seller, sitting
from tests.routes.web.test_card_page import text_of

pytestmark = pytest.mark.anyio
ALL = "/settings/rules"
FORM: dict[str, Any] = {
    "kind": "renewal", "name": "Two weeks to go", "anchor": "renewal_date", "side": "before",
    "count": "2", "unit": "W", "during": ["waiting", "open"], "family": "contact",
    "does": ["notify", "task"], "notify_text": "{client}: {renewal_date}", "notify_to": "head",
    "task_text": "Call {client}", "task_kind": "call", "task_count": "1", "task_unit": "D",
    "task_side": "before",
}  # fmt: skip


async def test_a_rule_is_written_in_words_tried_and_switched_on(office: Office) -> None:
    admin, anna = await sitting(office, "vera", "admin"), await sitting(office, "anna")
    acme = await office.client(anna.person)
    await new_renewal(anna.person, client_id=acme, title="Twelve seats", renewal_date="2026-03-20")
    before = await office.counts()
    assert (await anna.browser.get(ALL)).status_code == 403
    for path in (ALL, f"{ALL}/1", f"{ALL}/1/switch", f"{ALL}/1/delete"):
        assert (await anna.send(path, version=1, active="true", **FORM)).status_code == 403, path
    assert await office.counts() == before
    form = await admin.look(f"{ALL}/new?kind=renewal")
    assert 'value="valid_until"' not in form
    assert 'value="renewal_date"' in form
    made = await admin.send(ALL, **FORM)
    assert made.status_code == 200, made.text
    here = made.headers["hx-redirect"]
    rule_id = int(here.rpartition("/")[2])
    rule = (await admin.person.get(f"/reminder-rules/{rule_id}")).json()
    assert (rule["offset"], rule["active"], rule["while"]) == ("-P2W", False, ["waiting", "open"])
    assert [one["type"] for one in rule["actions"]] == ["notify", "task"]
    assert (rule["actions"][0]["to"], rule["actions"][1]["due_offset"]) == ("head", "-P1D")
    told = text_of(await admin.look(ALL))
    assert "60 working minutes after being made" in told
    assert "Two weeks to go switched off all of them 2 weeks before the renewal date" in told
    assert "while: waits for its day, is in work notify (the head), give a task" in told
    hits = text_of(await admin.look(f"{ALL}/hits?rule_id={rule_id}"))
    assert "switched off" in hits
    assert "1 record" in hits
    assert "Twelve seats Two weeks to go: renewal date 2026-03-20, -P2W = 2026-03-06" in hits
    assert "Twelve seats" not in await admin.look(f"{ALL}/hits")
    await demand_edited(admin, here, rule)
    await demand_other_language_kept(office, admin)


async def demand_edited(admin: Seller, here: str, rule: dict[str, Any]) -> None:
    """Another moment, one action fewer; what others have changed meanwhile is not overwritten."""
    page = await admin.look(here)
    assert re.search(r'name="notify_text"[^>]*>\{client\}: \{renewal_date\}<', page)
    changed = {**FORM, "count": "0", "does": ["task"], "task_count": "", "task_days": "3"}
    stale = await admin.send(here, version=rule["version"] + 5, **changed)
    assert stale.status_code == 412
    wrong = await admin.send(here, version=rule["version"], **{**changed, "anchor": "approval"})
    assert wrong.status_code == 400
    assert (await admin.send(here, version=rule["version"], **changed)).status_code == 200
    now = (await admin.person.get(f"/reminder-rules/{rule['id']}")).json()
    assert (now["offset"], [one["type"] for one in now["actions"]]) == ("P0W", ["task"])
    assert now["actions"][0]["due_working_days"] == 3
    on = await admin.send(f"{here}/switch", version=now["version"], active="true")
    assert on.headers["hx-redirect"] == ALL
    now = (await admin.person.get(f"/reminder-rules/{rule['id']}")).json()
    assert now["active"] is True
    assert (await admin.send(f"{here}/delete", version=now["version"])).status_code == 200
    assert (await admin.browser.get(here, **HTMX)).status_code == 404


async def demand_other_language_kept(office: Office, admin: Seller) -> None:
    """Default rules are told in both: another offset makes no text of one language of them."""
    query = select(reminder_rule).where(reminder_rule.c.key == "r_14")
    row = await office.do(lambda tx: tx.first(query))
    (action,) = row["actions"]
    assert action["text_ru"] != action["text_en"]
    form = {
        **FORM, "name": row["name_en"], "count": "15", "unit": "D", "does": ["task"],
        "during": row["while"], "task_text": action["text_en"], "task_kind": action["kind"],
    }  # fmt: skip
    sent = await admin.send(f"{ALL}/{row['id']}", version=row["version"], **form)
    assert sent.status_code == 200, sent.text
    now = await office.do(lambda tx: tx.first(query))
    assert (row["offset"], now["offset"]) == ("-P14D", "-P15D")
    for name in ("name_ru", "name_en"):
        assert now[name] == row[name]
    assert [now["actions"][0][name] for name in ("text_ru", "text_en")] == [
        action["text_ru"], action["text_en"],
    ]  # fmt: skip
