"""Reading letters, whom they go to, and what they may say of the record they are about."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, func, select

from backend.db.models import agreement, app_user, card, client, contact, lead, letter, renewal
from backend.db.session import Row, Unit

_LEFT = ("deleted", "blacklisted")
_PERSON = contact.alias("person")
_MAIN = contact.alias("main")


def _known(whose: Any, owner: Any) -> Select[Any]:
    """Addresses and names: the contact of the card, else the client's first, else the client."""
    return (
        select(
            func.coalesce(_PERSON.c.email, _MAIN.c.email, client.c.email).label("recipient"),
            func.coalesce(_PERSON.c.name, _MAIN.c.name).label("contact"),
            client.c.name.label("client"), client.c.status, app_user.c.name.label("owner"),
            app_user.c.email.label("owner_email"),
        )
        .select_from(whose)
        .outerjoin(_MAIN, (_MAIN.c.client_id == client.c.id) & _MAIN.c.is_primary
                   & _MAIN.c.deleted_at.is_(None))
        .join(app_user, app_user.c.id == owner)
    )  # fmt: skip


async def addressee(tx: Unit, about: Mapping[str, int | None]) -> Mapping[str, Any]:
    """Whom a letter about a card or a client goes to; no `recipient` for who is not written to."""
    if about["card_id"] is None:
        own = client.outerjoin(_PERSON, _PERSON.c.id.is_(None))
        query = _known(own, client.c.owner_id).where(client.c.id == about["client_id"])
        row = await tx.first(query)
        assert row is not None
        return _reached(row, row["recipient"])
    whole = (
        card.outerjoin(client, client.c.id == card.c.client_id)
        .outerjoin(_PERSON, (_PERSON.c.id == card.c.contact_id) & _PERSON.c.deleted_at.is_(None))
        .outerjoin(lead, lead.c.card_id == card.c.id)
        .outerjoin(renewal, renewal.c.card_id == card.c.id)
        .outerjoin(agreement, agreement.c.id == renewal.c.agreement_id)
    )
    more = lead.c.email.label("lead_email"), lead.c.contact_name, agreement.c.period
    query = _known(whole, card.c.owner_id).add_columns(*more)
    row = await tx.first(query.where(card.c.id == about["card_id"]))
    assert row is not None
    found = _reached(row, row["recipient"] or row["lead_email"])
    return {**found, "contact": row["contact"] or row["contact_name"]}


def _reached(row: Mapping[str, Any], recipient: str | None) -> dict[str, Any]:
    return {**row, "recipient": None if row["status"] in _LEFT else recipient}


async def next_waiting(tx: Unit) -> Row | None:
    """The letter that has waited longest for its turn, locked; others take the next one."""
    c = letter.c
    waits = c.sent_at.is_(None), c.parked_at.is_(None), c.retry_at <= tx.now
    query = select(letter, app_user.c.email.label("reply_to")).where(*waits)
    query = query.join(app_user, app_user.c.id == c.owner_id).order_by(c.retry_at, c.id).limit(1)
    return await tx.first(query.with_for_update(of=letter, skip_locked=True))


async def locked(tx: Unit, letter_id: int) -> Row:
    """A letter locked for writing."""
    row = await tx.first(select(letter).where(letter.c.id == letter_id).with_for_update())
    assert row is not None
    return row
