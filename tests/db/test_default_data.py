"""What a new company finds: every word of the decided tables, in both languages."""

import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncConnection

from backend.db.models import choice, company, pipeline, reason, reminder_rule, role, stage
from backend.domain.letters.wording import NAMES, filled
from tests.held import HeldDatabase

Line = dict[str, str]

STAGES = {
    "leads": "new contacted qualified presentation offering client closed",
    "offers": "draft request sent rework accepted declined",
    "sales": "needs offer negotiation invoice won lost",
    "renewals": "scheduled invoice_required invoice_sent payment_received not_renewed",
}
REASONS = {
    ("leads", "lost"): "unfit_client bankrupt not_our_profile too_expensive chose_competitor"
    " delivery_too_long payment_terms no_need no_budget_now postponed no_answer duplicate"
    " spam_test other",
    ("offers", "lost"): "too_expensive delivery_too_long payment_terms chose_competitor"
    " specification need_gone postponed no_answer we_declined replaced other",
    ("sales", "lost"): "too_expensive chose_competitor delivery_too_long payment_terms"
    " contract_terms not_paid no_budget_now postponed no_answer cancelled_by_client"
    " supplier_refused duplicate created_by_mistake other",
    ("renewals", "lost"): "stopped_using chose_competitor too_expensive product_quality"
    " service_quality payment_terms no_budget_now postponed no_answer bankrupt we_declined"
    " moved_product merged created_by_mistake other",
    ("renewals", "end"): "one_off last_term moved_product merged discontinued project_ends",
    ("renewals", "reschedule"): "client_asked budget_period align_dates term_extended wrong_date"
    " consumption_changed",
}
CHOICES = {
    "relation": "foreign potential prospect client churned",
    "client_status": "presale in_work potential_client client deleted blacklisted",
    "client_segment": "golden growth loyal small sleeping pioneers lead_users unwanted",
    "client_delete_reason": "duplicate entered_by_mistake data_request wound_up",
    "blacklist_reason": "rude pays_badly discredits_us takes_time makes_a_loss other",
    "grade": "real potential likely unlikely archive",
    "temperature": "cold warm hot",
    "contact_type": "call_out call_in message email meeting note",
    "outcome": "talked no_answer call_back ready thinking refuses",
    "source": "website phone referral exhibition advertising cold_calls returned partner import",
    "waiting_on": "us client approver other_department",
}
ASKS = {
    "–": (None, False),
    "– (proposes +30 days)": (None, False),
    "comment": ("comment", True),
    "next_contact_at": ("next_contact_at", True),
    "competitor (optional)": ("competitor", False),
    "competitor's price (optional)": ("competitor_price", False),
    "the card it doubles": ("other_card_id", True),
    "the other offer": ("other_card_id", True),
    "the other agreement": ("other_agreement_id", True),
}
REQUIRED = {
    "contacted": ["phone|email|messenger"],
    "qualified": ["need", "price_level_agreed"],
    "request": ["client_id", "lines"],
    "sent": ["valid_until"],
    "needs": ["client_id"],
    "negotiation": ["amount"],
    "invoice": ["amount"],
    "scheduled": ["renewal_date"],
    "invoice_sent": ["amount"],
}
FROM = {
    "draft": [],
    "request": ["draft"],
    "sent": ["request", "rework"],
    "rework": ["sent"],
    "accepted": ["sent"],
    "declined": ["draft", "request", "sent", "rework"],
}


def decided(heading: str) -> list[Line]:
    """The lines of one table of default_tables.md."""
    whole = (Path(__file__).parent / "default_tables.md").read_text(encoding="utf-8")
    part = whole.split(f"## {heading}\n")[1].split("\n## ")[0]
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in part.splitlines()
        if line.startswith("|")
    ]
    return [dict(zip(cells[0], line, strict=True)) for line in cells[2:]]


def number(cell: str) -> int | None:
    return None if cell == "–" else int(cell)


async def stages(connection: AsyncConnection, key: str) -> list[RowMapping]:
    found = select(stage).join(pipeline, stage.c.pipeline_id == pipeline.c.id)
    found = found.where(pipeline.c.key == key).order_by(stage.c.position)
    return list((await connection.execute(found)).mappings())


async def reasons(connection: AsyncConnection, key: str, use: str) -> list[RowMapping]:
    found = select(reason).join(pipeline, reason.c.pipeline_id == pipeline.c.id)
    found = found.where(pipeline.c.key == key, reason.c.use == use).order_by(reason.c.position)
    return list((await connection.execute(found)).mappings())


async def test_four_pipelines_are_on(database: HeldDatabase) -> None:
    columns = (pipeline.c.key, pipeline.c.kind, pipeline.c.name_ru, pipeline.c.name_en)
    settings = (pipeline.c.renewal_on_win, pipeline.c.lead_time, pipeline.c.approval_mode)
    statement = select(*columns, *settings, pipeline.c.active).order_by(pipeline.c.position)
    async with database.read() as connection:
        assert [tuple(row) for row in await connection.execute(statement)] == [
            ("leads", "lead", "Лиды", "Leads", None, None, None, True),
            ("offers", "offer", "Предложения (КП)", "Offers", None, None, "over_limit", True),
            ("sales", "deal", "Сделки", "Deals", "required", None, None, True),
            ("renewals", "renewal", "Продления", "Renewals", None, "P1M", None, True),
        ]


@pytest.mark.parametrize("key", STAGES)
async def test_stages_are_the_decided_ones(database: HeldDatabase, key: str) -> None:
    async with database.read() as connection:
        found = await stages(connection, key)
    heads, texts = decided(f"{key}: stages"), decided(f"{key}: texts")
    assert [row["key"] for row in found] == [line["key"] for line in heads] == STAGES[key].split()
    first = 0 if key == "renewals" else 1
    assert [row["position"] for row in found] == list(range(first, first + len(found)))
    for row, head, words in zip(found, heads, texts, strict=True):
        assert {name: row[name] for name in words} == words
        assert (row["kind"], row["name_ru"], row["name_en"]) == (
            head["kind"],
            head["name_ru"],
            head["name_en"],
        )
        assert (row["probability"], row["rot_days"]) == (number(head["prob"]), number(head["rot"]))
        assert row["required_fields"] == REQUIRED.get(f"{row['key']}", [])
        assert row["from_stages"] == (FROM[row["key"]] if key == "offers" else None)


@pytest.mark.parametrize(("key", "use"), REASONS)
async def test_reasons_are_the_decided_ones(database: HeldDatabase, key: str, use: str) -> None:
    async with database.read() as connection:
        found = await reasons(connection, key, use)
    lines = decided(f"{key}: {use}")
    keys = [row["key"] for row in found]
    assert keys == [line["key"] for line in lines] == REASONS[key, use].split()
    for row, line in zip(found, lines, strict=True):
        assert (row["name_ru"], row["name_en"]) == (line["name_ru"], line["name_en"])
        assert row["group"] == line.get("group", "void")
        assert row["churn"] == line.get("churn")
        assert (row["ask"], row["ask_required"]) == ASKS[line.get("ask", "–")]


async def test_only_leads_and_offers_have_a_limit_for_too_expensive(database: HeldDatabase) -> None:
    columns = (pipeline.c.key, reason.c.key, reason.c.limit_percent, reason.c.streak)
    limited = reason.c.limit_percent.is_not(None) | reason.c.streak.is_not(None)
    statement = select(*columns).join(pipeline, reason.c.pipeline_id == pipeline.c.id)
    async with database.read() as connection:
        rows = await connection.execute(statement.where(limited).order_by(pipeline.c.position))
        assert [tuple(row) for row in rows] == [
            ("leads", "too_expensive", 3000, 5),
            ("offers", "too_expensive", 3000, 5),
        ]


async def test_groups_and_the_checklist(database: HeldDatabase) -> None:
    grouped = select(stage.c.key, stage.c.group_ru, stage.c.group_en)
    grouped = grouped.where(stage.c.group_ru.is_not(None) | stage.c.group_en.is_not(None))
    async with database.read() as connection:
        rows = await connection.execute(grouped.order_by(stage.c.position))
        assert [tuple(row) for row in rows] == [
            ("accepted", "Закрытие сделки", "Closing"),
            ("declined", "Закрытие сделки", "Closing"),
        ]
        listed = await connection.execute(select(stage.c.key, stage.c.checklist))
        lists = {row.key: row.checklist for row in listed if row.checklist}
        free = await connection.execute(select(stage.c.key).where(stage.c.from_stages.is_(None)))
    assert [(mark["name_ru"], mark["name_en"]) for mark in lists.pop("qualified")] == [
        ("Контактные данные есть", "Contact data known"),
        ("Желание купить подтверждено", "Wish to buy confirmed"),
        ("Бюджет понятен (или выбран способ оплаты)", "Budget known (or a way to pay chosen)"),
    ]
    assert lists == {}
    assert len(list(free)) == 18


async def test_lists_roles_and_settings(database: HeldDatabase) -> None:
    async with database.read() as connection:
        rows = list(await connection.execute(select(choice).order_by(choice.c.position)))
        own = (await connection.execute(select(company))).mappings().one()
        held = await connection.execute(select(role).order_by(role.c.key))
        roles = {row.key: (row.reads, row.writes, row.settings) for row in held}
    kept = {name: " ".join(row.key for row in rows if row.list == name) for name in CHOICES}
    assert kept == CHOICES
    assert len(rows) == sum(len(keys.split()) for keys in CHOICES.values())
    names = {(row.list, row.key, row.name_ru, row.name_en) for row in rows}
    assert names == {tuple(line.values()) for line in decided("lists")}
    active = [row.key for row in rows if row.list == "client_status" and row.details["active"]]
    assert active == ["presale", "in_work"]
    segments = {row.key: row.details.get("cadence") for row in rows if row.list == "client_segment"}
    assert (segments["golden"], segments["small"], segments["pioneers"]) == ("P1M", "P6M", None)
    assert roles == {
        "manager": ("own", "own", False),
        "head": ("team", "team", False),
        "admin": ("all", "all", True),
        "viewer": ("all", "none", False),
    }
    assert (own["id"], own["time_zone"], own["currency"]) == (1, "Europe/Moscow", "RUB")
    assert (own["locale"], own["week_start"], own["sweep_hour"]) == ("ru", 1, 6)
    assert (own["grace_days"], own["offer_validity"]) == (30, "P14D")
    assert (own["discount_limit"], own["margin_floor"]) == (1000, 1500)


async def test_every_text_is_in_its_own_language(database: HeldDatabase) -> None:
    async with database.read() as connection:
        for table in (pipeline, stage, reason, choice, role):
            for row in (await connection.execute(select(table))).mappings():
                for name, value in row.items():
                    assert speaks(name, value), (table.name, row["key"], name, value)
        names = await connection.execute(select(stage.c.name_ru))
        assert max(len(name) for (name,) in names) <= 26


def speaks(column: str, value: Any) -> bool:
    if column.endswith("_ru") and not (column == "group_ru" and value is None):
        return re.search("[а-яё]", value) is not None
    if column.endswith("_en") and not (column == "group_en" and value is None):
        return bool(value.strip()) and re.search("[а-яё]", value, re.IGNORECASE) is None
    return True


FAMILIES = {
    "contact": "r_activated c_runout c_after o_feedback o_rework o_approved l_meeting p_impression"
    " k_loyal u_next",
    "invoice": "r_14",
    "payment": "r_pay r_unpaid r_overdue",
    "decision": "r_overdue_7 r_grace",
}


def _both(action: dict[str, str]) -> tuple[str, str]:
    """The texts of an action; a letter's with all that it may name."""
    texts = action["text_ru"], action["text_en"]
    if action["type"] == "email":
        named = {name: f"{{{name}}}" for name in NAMES}
        return filled(texts[0], named), filled(texts[1], named)
    return texts


async def test_reminder_rules_are_the_decided_ones(database: HeldDatabase) -> None:
    async with database.read() as connection:
        rows = (await connection.execute(select(reminder_rule).order_by(reminder_rule.c.id))).all()
    found = {row.key: row for row in reversed(rows)}
    lines = decided("reminder rules")
    assert list(reversed(found)) == [line["key"] for line in lines]
    for line in lines:
        row = found[line["key"]]
        assert (row.name_ru, row.name_en) == (line["name_ru"], line["name_en"])
        assert (row.anchor, row.offset) == (line["anchor"], line["offset"])
        assert row.active == (line["on"] == "yes")
        texts = {_both(one) for one in row.actions if "text_ru" in one}
        assert texts == {(line["text_ru"], line["text_en"])}
    families = {key: name for name, keys in FAMILIES.items() for key in keys.split()}
    assert {key: row.family for key, row in found.items() if row.family} == families
    assert [row.kind for row in rows if row.key == "n_contact"] == [
        "client", "lead", "deal", "renewal",
    ]  # fmt: skip
