"""Where the moments of records stand, and the conditions under which a rule speaks: SQL pieces."""

from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from backend.db.base import Instant
from backend.db.models import (
    activity,
    agreement,
    card,
    churn_interval,
    client,
    deal_line,
    offer,
    offer_line,
    product,
    renewal,
    stage,
)
from backend.db.models.reminders import CONDITIONS
from backend.domain.reminders.rules import STATES, Rule

_other = card.alias("other")
BOUGHT = and_(
    _other.c.state == "won", _other.c.kind.in_(("deal", "renewal")), _other.c.deleted_at.is_(None)
)
_its_card = card.alias("its_card")
_held = agreement.alias("held")
# Contact with a client himself, or over one of his cards: calls, letters, meetings; no notes.
_spoken = (
    select(func.max(activity.c.at))
    .outerjoin(_its_card, _its_card.c.id == activity.c.card_id)
    .where(
        activity.c.kind != "note",
        activity.c.deleted_at.is_(None),
        or_(activity.c.client_id == client.c.id, _its_card.c.client_id == client.c.id),
    )
)
_LAST_WON = (
    select(func.max(_other.c.closed_at))
    .where(_other.c.client_id == client.c.id, BOUGHT)
    .correlate(client)
    .scalar_subquery()
)
_GONE = (
    select(func.max(churn_interval.c.opened_on))
    .where(
        churn_interval.c.client_id == client.c.id,
        churn_interval.c.voided_at.is_(None),
        churn_interval.c.closed_on.is_(None),
    )
    .correlate(client)
    .scalar_subquery()
)

OF_CARDS: dict[str, ColumnElement[Any]] = {
    "renewal_date": renewal.c.renewal_date,
    "end_date": renewal.c.renewal_date,
    "activation": renewal.c.activated_at,
    "stage_entered": card.c.stage_entered_at,
    "created": card.c.created_at,
    "closed": card.c.closed_at,
    "approval": offer.c.approval_at,
    "valid_until": offer.c.valid_until,
    "next_contact": card.c.next_contact_at,
    "last_purchase": card.c.closed_at,
}
OF_CLIENTS: dict[str, ColumnElement[Any]] = {
    "created": client.c.created_at,
    "next_contact": client.c.next_contact_at,
    "last_purchase": _LAST_WON,
    "last_meeting": (
        _spoken.where(activity.c.kind == "meeting").correlate(client).scalar_subquery()
    ),
    "last_touch": func.coalesce(
        _spoken.correlate(client).scalar_subquery(), client.c.created_at, type_=Instant()
    ),
    "churned_on": _GONE,
}


def moment(rule: Rule) -> ColumnElement[Any]:
    """The column, or the subquery, that holds a rule's anchor."""
    return (OF_CLIENTS if rule.kind == "client" else OF_CARDS)[rule.anchor]


def holds(rule: Rule, anchor: ColumnElement[Any]) -> list[ColumnElement[bool]]:
    """What has to be true of a record while the rule speaks."""
    words = [word for word in rule.conditions if word not in CONDITIONS]
    found = [_condition(rule, word, anchor) for word in rule.conditions if word in CONDITIONS]
    if words:
        states = [word for word in words if word in STATES]
        stages = [word for word in words if word not in STATES]
        found.append(or_(card.c.state.in_(states), stage.c.key.in_(stages)))
    if rule.anchor == "approval":
        found.append(offer.c.approval_status == "approved")
    if rule.anchor == "last_purchase" and rule.kind != "client":
        found += [card.c.state == "won", ~_bought_since(card.c.closed_at)]
    return found


def _condition(rule: Rule, word: str, anchor: ColumnElement[Any]) -> ColumnElement[bool]:
    if word == "untouched":
        return card.c.touched_at <= card.c.created_at
    if word == "consumption":
        return product.c.replenishment == "consumption"
    whose = client.c.id if rule.kind == "client" else card.c.client_id
    if word == "new_to_client":
        return ~_named(rule.offered, whose)
    same = and_(_other.c.client_id == whose, _other.c.deleted_at.is_(None))
    if word == "no_newer_purchase":
        since = card.c.created_at if rule.kind != "client" else anchor
        return ~_bought_since(since, whose)
    if word == "no_open_card":
        return ~exists().where(same, _other.c.state == "open")
    offered = and_(_other.c.kind == "offer", _other.c.created_at > anchor)
    return ~exists().where(same, or_(offered, and_(BOUGHT, _other.c.closed_at > anchor)))


def _named(products: list[int], whose: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether one of the products stands in whatever the client has, was offered or has refused."""
    dealt = exists().where(deal_line.c.deal_id == _other.c.id, deal_line.c.product_id.in_(products))
    offered = exists().where(
        offer_line.c.offer_id == _other.c.id, offer_line.c.product_id.in_(products)
    )
    named = exists().where(
        _other.c.client_id == whose, _other.c.deleted_at.is_(None), or_(dealt, offered)
    )
    held = exists().where(
        _held.c.client_id == whose, _held.c.product_id.in_(products), _held.c.deleted_at.is_(None)
    )
    return or_(named, held)


def _bought_since(
    since: ColumnElement[Any], whose: ColumnElement[Any] = card.c.client_id
) -> ColumnElement[bool]:
    return exists().where(_other.c.client_id == whose, BOUGHT, _other.c.closed_at > since)


FACTS = (
    card.c.id.label("card_id"), card.c.kind, card.c.title, card.c.state, card.c.pipeline_id,
    card.c.owner_id, card.c.amount, card.c.currency, client.c.id.label("client_id"),
    client.c.name.label("client_name"), client.c.segment, renewal.c.waits, renewal.c.renewal_date,
    agreement.c.title.label("agreement"), agreement.c.product_id, product.c.name.label("product"),
)  # fmt: skip
CARDS = (
    card.join(stage, stage.c.id == card.c.stage_id)
    .outerjoin(client, client.c.id == card.c.client_id)
    .outerjoin(renewal, renewal.c.card_id == card.c.id)
    .outerjoin(agreement, agreement.c.id == renewal.c.agreement_id)
    .outerjoin(product, product.c.id == agreement.c.product_id)
    .outerjoin(offer, offer.c.card_id == card.c.id)
)
CLIENT_FACTS = (
    client.c.id.label("client_id"), client.c.name.label("client_name"), client.c.segment,
    client.c.owner_id,
)  # fmt: skip
