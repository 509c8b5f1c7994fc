"""Putting renewals: each with its agreement, waiting until a sweep finds it due."""

from typing import Any

from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.domain.agreements.schemas import AgreementFields
from backend.domain.flows.imports.mapping import Section
from backend.domain.flows.imports.queries import Here
from backend.domain.flows.imports.records import (
    CREATED,
    UNCHANGED,
    UPDATED,
    demand_present,
    keep_owner,
    ruled,
    typed,
)
from backend.domain.flows.imports.rows import Draft, RowRefused, column_of
from backend.domain.flows.imports.syncing import Done, Verdict, agreed, flat, nested
from backend.domain.moves import agreeing, editing, renewing, rescheduling
from backend.domain.renewals.schemas import RenewalCreate, RenewalFields, RescheduleRequest

TERMS = ("period", "product_id", "lead_time")


async def put(
    tx: Unit,
    viewer: Viewer,
    section: Section,
    draft: Draft,
    values: dict[str, Any],
    here: Here | None,
) -> Done:
    """Make a renewal with its agreement, or bring the one that is here on; what was done."""
    if here is None:
        given = {name: value for name, value in values.items() if value is not None}
        wanted = {"amount": None, **given, "external_id": draft.external_id}
        await renewing.create(tx, viewer, typed(section, RenewalCreate, wanted))
        return Done(CREATED, agreed(flat(values)))
    demand_present(here, section)
    keep_owner(draft, values, here)
    verdict = ruled(section, values, here)
    if not verdict.write:
        return Done(UNCHANGED, verdict)
    await _bring_on(tx, viewer, section, verdict, here)
    return Done(UPDATED, verdict)


async def _bring_on(
    tx: Unit, viewer: Viewer, section: Section, verdict: Verdict, here: Here
) -> None:
    """Fields are edited, terms are the agreement's, another date is a reschedule."""
    changed = dict(verdict.write)
    if "client_id" in changed:
        told = "a renewal belongs to the client of its agreement"
        raise RowRefused(told, column_of(section, "client"))
    row, version = here.row, here.row["version"]
    day = changed.pop("renewal_date", None)
    terms = {name: changed.pop(name) for name in TERMS if name in changed}
    if changed:
        fields = typed(section, RenewalFields, nested(changed))
        version = await editing.edit(tx, viewer, "renewal", row["id"], fields, version)
    if terms:
        agreement_fields = typed(section, AgreementFields, terms)
        await agreeing.edit(
            tx, viewer, row["agreement_id"], agreement_fields, row["agreement_version"]
        )
    if day is None:
        return
    if section.reschedule is None:
        raise RowRefused(
            f"the source says {day}, it is due on {row['renewal_date']} here; state the reason of"
            " a new date in the mapping (reschedule), or reschedule it here",
            column_of(section, "renewal_date"),
        )
    given = RescheduleRequest(renewal_date=day, reason=section.reschedule)
    await rescheduling.reschedule(tx, viewer, row["id"], given, version)
