"""Whom the rules hit on a day: the same for a dry run, for a run, and for one record again."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, select

from backend.db.models import card, client, deal_line, offer_line, reminder_failure, reminder_firing
from backend.db.session import Row, Unit
from backend.domain import money
from backend.domain.access import Viewer, sees_card, sees_client
from backend.domain.cards.rules import number
from backend.domain.reminders.moments import queries as moments
from backend.domain.reminders.rules import DATES, TERM, Hit, Rule, most_specific
from backend.domain.tasks.rules import day_text
from backend.domain.workdays import worked

Subject = tuple[str, int]
_LINES = {"deal": deal_line, "offer": offer_line}


async def hits(
    tx: Unit,
    viewer: Viewer,
    rules: Sequence[Rule],
    today: date,
    *,
    asked: Iterable[Rule] | None = None,
    about: Subject | None = None,
) -> list[Hit]:
    """Every rule that is due for a record the viewer sees, in the order of their days.

    Only those that are `asked` about (all that are on), and only of the record that it is `about`.
    """
    found: list[Hit] = []
    # Minutes are looked at by the clock today, and as they stand in the end on any other day.
    until = tx.now if today == viewer.company.today(tx.now) else viewer.company.end(today)
    for rule in [one for one in rules if one.active] if asked is None else asked:
        rivals = [one for one in rules if one.key == rule.key and one.kind == rule.kind]
        rows = await tx.rows(_candidates(viewer, rule, today, about))
        products = await _products(tx, rule, rivals, rows)
        fired = await _fired(tx, rule, rows)
        for row in rows:
            best = most_specific(
                rivals, row.get("pipeline_id"), products[row.get("card_id")], row["segment"]
            )
            if best.get(rule.key) is rule:
                found += _hit(viewer, rule, row, today, until, fired)
    return sorted(found, key=lambda hit: (hit.due_on, hit.subject, hit.rule.id))


def _candidates(viewer: Viewer, rule: Rule, today: date, about: Subject | None) -> Select[Any]:
    """The records whose moment may be due; the exact day is looked at afterwards."""
    anchor = moments.moment(rule)
    first, last = rule.window(today)
    bounds: tuple[Any, Any] = (first, last)
    if rule.anchor not in DATES:
        bounds = (viewer.company.midnight(first), viewer.company.end(last))
    where = [anchor >= bounds[0], anchor <= bounds[1], *moments.holds(rule, anchor)]
    if rule.segment is not None:
        where.append(client.c.segment == rule.segment)
    if rule.kind == "client":
        left = client.c.status.in_(("deleted", "blacklisted"))
        where += [client.c.deleted_at.is_(None), ~left, sees_client(viewer)]
        clients: Select[Any] = select(*moments.CLIENT_FACTS, anchor.label("anchor"))
        return clients.where(*where, *_only(about)).order_by(client.c.id)
    where += [card.c.kind == rule.kind, card.c.deleted_at.is_(None), sees_card(viewer)]
    if rule.pipeline_id is not None:
        where.append(card.c.pipeline_id == rule.pipeline_id)
    query: Select[Any] = select(*moments.FACTS, anchor.label("anchor")).select_from(moments.CARDS)
    return query.where(*where, *_only(about)).order_by(card.c.id)


def _only(about: Subject | None) -> list[Any]:
    if about is None:
        return []
    return [(client if about[0] == "client" else card).c.id == about[1]]


async def _products(
    tx: Unit, rule: Rule, rivals: Sequence[Rule], rows: Sequence[Row]
) -> dict[int | None, list[int]]:
    """The products that cards are about, where a variant of the rule asks for them."""
    found: dict[int | None, list[int]] = defaultdict(list)
    if all(one.product_id is None for one in rivals):
        return found
    for row in rows:
        if row.get("product_id") is not None:
            found[row["card_id"]].append(row["product_id"])
    lines = _LINES.get(rule.kind)
    if lines is not None and rows:
        of = lines.c[f"{rule.kind}_id"]
        query = select(of.label("card_id"), lines.c.product_id).where(
            lines.c.product_id.in_([one.product_id for one in rivals if one.product_id]),
            of.between(rows[0]["card_id"], rows[-1]["card_id"]),
        )
        for row in await tx.rows(query):
            found[row["card_id"]].append(row["product_id"])
    return found


async def _fired(tx: Unit, rule: Rule, rows: Sequence[Row]) -> set[tuple[int, Any]]:
    """For which records, and terms or days, the rule has fired already."""
    if not rows:
        return set()
    c = reminder_firing.c
    subject = c.client_id if rule.kind == "client" else c.card_id
    name = "client_id" if rule.kind == "client" else "card_id"
    query = select(subject.label("subject"), c.wait, c.anchor_on).where(
        c.key == rule.key, subject.between(rows[0][name], rows[-1][name])
    )
    return {(row["subject"], row["wait"] or row["anchor_on"]) for row in await tx.rows(query)}


def _hit(
    viewer: Viewer,
    rule: Rule,
    row: Row,
    today: date,
    until: datetime,
    fired: set[tuple[int, Any]],
) -> list[Hit]:
    anchor = row["anchor"]
    day: date = viewer.company.today(anchor) if isinstance(anchor, datetime) else anchor
    wait = row["waits"] if rule.anchor in TERM else 0
    card_id = row.get("card_id")
    about = row["client_id"] if card_id is None else card_id
    calendar = viewer.company.workdays
    if (about, wait or day) in fired or not rule.fires(day, today, calendar):
        return []
    if rule.offset.minutes is not None and _due_at(viewer, rule.offset.minutes, anchor) > until:
        return []
    hit = Hit(
        rule=rule, card_id=card_id, client_id=row["client_id"], wait=wait, anchor_on=day,
        due_on=rule.due_on(day, calendar), owner_id=row["owner_id"], state=row.get("state"),
        facts=_facts(viewer, row, day),
    )  # fmt: skip
    return [hit]


def _due_at(viewer: Viewer, minutes: int, since: datetime) -> datetime:
    return worked(since, minutes, viewer.company.time_zone, viewer.company.workdays)


def _facts(viewer: Viewer, row: Row, anchor: date) -> dict[str, str | None]:
    """What the texts of a rule may say of a record."""
    locale = viewer.company.locale
    facts = {"client": row["client_name"] or row.get("title"), "date": day_text(anchor, locale)}
    if row.get("card_id") is None:
        return {**facts, "title": row["client_name"]}
    amount = money.text(row["amount"], row["currency"])
    when = None if row["renewal_date"] is None else day_text(row["renewal_date"], locale)
    return {
        **facts, "title": row["title"], "number": number(row["kind"], row["card_id"], locale),
        "agreement": row["agreement"] or row["title"], "product": row["product"],
        "amount": None if amount is None else f"{amount} {row['currency']}",
        "renewal_date": when, "end_date": when,
    }  # fmt: skip


async def resting(tx: Unit) -> set[Subject]:
    """The records whose reminders failed lately and are not tried again yet."""
    c = reminder_failure.c
    query = select(c.card_id, c.client_id).where(c.retry_at > tx.now)
    return {
        ("client", row["client_id"]) if row["card_id"] is None else ("card", row["card_id"])
        for row in await tx.rows(query)
    }


async def hold(tx: Unit, about: Subject) -> None:
    """Nobody else writes the record, or reminds of it, until this transaction ends."""
    table = client if about[0] == "client" else card
    await tx.run(select(table.c.id).where(table.c.id == about[1]).with_for_update())


async def failure(tx: Unit, about: Subject) -> Row | None:
    """What failed for a record before."""
    column = reminder_failure.c[f"{about[0]}_id"]
    return await tx.first(select(reminder_failure).where(column == about[1]))
