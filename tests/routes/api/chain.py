"""A client's chain of renewals over REST, and the sweep that brings them into work."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
from sqlalchemy import select

from backend.db.models import agreement, churn_interval, renewal_activation
from backend.domain.flows import sweep
from backend.domain.renewals.schemas import SweepRun
from tests.factories.cards import new_renewal
from tests.office import Office, Person

WON, LOST = "payment_received", "not_renewed"
Record = dict[str, Any]


@dataclass
class Chain:
    """A seller with one client, and what happens to its renewals."""

    office: Office
    anna: Person
    client_id: int

    async def renewal(self, **fields: Any) -> Record:
        return await new_renewal(self.anna, **{"client_id": self.client_id, **fields})

    async def read(self, renewal: Record) -> Record:
        reply = await self.anna.get(f"/renewals/{renewal['id']}")
        assert reply.status_code == 200, reply.text
        return reply.json()  # type: ignore[no-any-return]

    async def post(self, renewal: Record, action: str, body: Any = None) -> httpx.Response:
        """An action on a renewal as it was read."""
        path = f"/renewals/{renewal['id']}/{action}"
        return await self.anna.post(path, body, version=renewal["version"])

    async def move(self, renewal: Record, key: str, **more: Any) -> httpx.Response:
        return await self.post(renewal, "move", {"stage": key, **more})

    async def done(self, renewal: Record, action: str, body: Any = None) -> Record:
        reply = await self.post(renewal, action, body)
        assert reply.status_code == 200, reply.text
        return reply.json()  # type: ignore[no-any-return]

    async def moved(self, renewal: Record, key: str, **more: Any) -> Record:
        return await self.done(renewal, "move", {"stage": key, **more})

    async def won(self, renewal: Record, **more: Any) -> Record:
        """Win it; the next one, waiting."""
        won = await self.moved(renewal, WON, **more)
        return await self.read({"id": won["next_id"]})

    async def lost(self, renewal: Record, reason: str = "stopped_using", **more: Any) -> Record:
        reason_id = await self.office.reason(reason, "renewals")
        return await self.moved(renewal, LOST, reason_id=reason_id, **more)

    async def moved_to(self, renewal: Record, when: str, reason: str = "client_asked") -> Record:
        return await self.done(renewal, "reschedule", {"renewal_date": when, "reason": reason})

    async def refused(self, reply: httpx.Response, status: int, code: str) -> Record:
        """The problem, after a look that the reply is one of that kind."""
        problem = reply.json()
        assert (reply.status_code, problem["type"]) == (status, f"/problems/{code}"), reply.text
        return problem  # type: ignore[no-any-return]

    async def sweep(self, today: str, trigger: str = "manual") -> SweepRun:
        day = date.fromisoformat(today)
        return await sweep.sweep(self.office.database, lambda: self.office.now, trigger, day)

    def on(self, day: str) -> None:
        """It is noon in Moscow on a day."""
        self.office.now = datetime.fromisoformat(day).replace(hour=9, tzinfo=UTC)

    def later(self, **delta: int) -> None:
        self.office.now += timedelta(**delta)

    async def events(self, renewal: Record) -> list[str]:
        return await self.office.events(renewal["id"])

    async def agreement(self, renewal: Record) -> Mapping[str, Any]:
        query = select(agreement).where(agreement.c.id == renewal["agreement_id"])
        return await self.office.do(lambda tx: tx.first(query))  # type: ignore[no-any-return]

    async def anchor(self, renewal: Record) -> tuple[str, int, str | None]:
        row = await self.agreement(renewal)
        return str(row["anchor_date"]), row["anchor_cycle"], row["period"]

    async def churn(self) -> list[tuple[str, str | None, bool]]:
        """The client's churn intervals: opened, closed, taken back."""
        query = select(churn_interval).where(churn_interval.c.client_id == self.client_id)
        rows = await self.office.do(lambda tx: tx.rows(query.order_by(churn_interval.c.id)))
        return [
            (
                str(row["opened_on"]),
                None if row["closed_on"] is None else str(row["closed_on"]),
                row["voided_at"] is not None,
            )
            for row in rows
        ]

    async def activations(self, renewal: Record) -> list[int]:
        """Which stays in the store have ended."""
        c = renewal_activation.c
        query = select(c.wait).where(c.renewal_id == renewal["id"]).order_by(c.id)
        rows = await self.office.do(lambda tx: tx.rows(query))
        return [row["wait"] for row in rows]


async def set_up(office: Office) -> Chain:
    anna = await office.person("anna")
    return Chain(office, anna, await office.client(anna))
