"""What the model's machine asks of the product, at the domain's own doors."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from msgspec import UNSET

from backend.db.session import Unit
from backend.domain.cards.schemas import EndAgreement, MoveRequest
from backend.domain.deals.schemas import DealCreate, DealFields
from backend.domain.leads.schemas import LeadCreate, LeadFields
from backend.domain.moves import creating, editing, moving, renewing, rescheduling, undoing
from backend.domain.offers.schemas import OfferCreate, OfferFields, OfferLineFields
from backend.domain.renewals.schemas import RenewalCreate, RenewalFields, RescheduleRequest
from tests.stateful.state import Given
from tests.stateful.world import Work, World

FIELDS: dict[str, Any] = {
    "lead": LeadFields, "deal": DealFields, "offer": OfferFields, "renewal": RenewalFields,
}  # fmt: skip
PRICE = Decimal(100)


@dataclass
class Requests:
    """Each gives a piece of work for a transaction; cards are named by their number."""

    world: World

    def _create(self, kind: str, fields: Any) -> Work:
        return lambda tx: creating.create(tx, self.world.viewers["anna"], kind, fields)

    def lead(self, complete: bool) -> Work:
        known: dict[str, Any] = {"phone": "1", "need": "x", "price_level_agreed": True}
        client = self.world.clients[0]
        fields = LeadCreate(
            title="Card", amount=PRICE, client_id=client, **(known if complete else {})
        )
        return self._create("lead", fields)

    def deal(self, client: int, priced: bool) -> Work:
        amount = PRICE if priced else None
        fields = DealCreate(title="Card", amount=amount, client_id=self.world.clients[client])
        return self._create("deal", fields)

    def offer(self, client: int, ties: dict[str, int]) -> Work:
        hung: dict[str, Any] = {f"{kind}_id": self.world.ids[n] for kind, n in ties.items()}
        fields = OfferCreate(
            title="Card", client_id=self.world.clients[client], valid_until=date(2030, 1, 1),
            lines=[OfferLineFields(description="Work", price=PRICE)], **hung,
        )  # fmt: skip
        return self._create("offer", fields)

    def renewal(self, client: int, due: date, period: str | None, lead: str | None) -> Work:
        given = RenewalCreate(
            client_id=self.world.clients[client], title="Card", amount=PRICE, renewal_date=due,
            period=period or UNSET, lead_time=lead or UNSET,
        )  # fmt: skip
        return lambda tx: renewing.create(tx, self.world.viewers["anna"], given)

    def move(
        self, who: str, kind: str, number: int, version: int, stage: str, given: Given, place: str,
        after: int,
    ) -> Work:  # fmt: skip
        fields: dict[str, Any] = {}
        renewing_by: dict[str, Any] = {}
        if kind == "deal":
            fields = {
                "one_off": given.one_off, "renewal_period": given.period,
                "renewal_date": given.when and given.when.isoformat(),
            }  # fmt: skip
        elif given.ends:
            renewing_by = {"end_agreement": EndAgreement(self.world.reasons["end"])}
        else:
            renewing_by = {"next_renewal_date": given.when, "next_period": given.period}
        request = MoveRequest(
            stage=stage, reason_id=self.world.reasons[kind] if given.reason else None,
            comment="cheaper" if given.comment else None, **renewing_by,
            after_id={"end": UNSET, "top": None, "behind": after}[place],
            fields={name: value for name, value in fields.items() if value},
        )  # fmt: skip
        return self._on(moving.move, who, kind, number, request, version)

    def _on(self, action: Any, who: str, kind: str, number: int, *rest: Any) -> Work:
        viewer, card_id = self.world.viewers[who], self.world.ids[number]
        return lambda tx: action(tx, viewer, kind, card_id, *rest)

    def undo(self, who: str, kind: str, number: int, version: int) -> Work:
        return self._on(undoing.undo, who, kind, number, version)

    def edit(self, who: str, kind: str, number: int, version: int, **values: Any) -> Work:
        if "amount" in values:
            values["amount"] = None if values["amount"] is None else PRICE
        return self._on(editing.edit, who, kind, number, FIELDS[kind](**values), version)

    def transfer(self, who: str, kind: str, number: int, version: int, owner: str) -> Work:
        owner_id = self.world.people[owner]
        return self._on(editing.transfer, who, kind, number, owner_id, None, version)

    def delete(self, who: str, kind: str, number: int, version: int) -> Work:
        return self._on(editing.delete, who, kind, number, version)

    def restore(self, who: str, kind: str, number: int) -> Work:
        return self._on(editing.restore, who, kind, number)

    def activate(self, who: str, kind: str, number: int, version: int) -> Work:
        viewer, card_id = self.world.viewers[who], self.world.ids[number]
        return lambda tx: renewing.activate(tx, viewer, card_id, version)

    def reschedule(
        self, who: str, kind: str, number: int, version: int, due: date, reason: str
    ) -> Work:
        viewer, card_id = self.world.viewers[who], self.world.ids[number]
        given = RescheduleRequest(renewal_date=due, reason=reason)

        async def work(tx: Unit) -> int:
            return await rescheduling.reschedule(tx, viewer, card_id, given, version)

        return work
