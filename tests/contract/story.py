"""A short story of one company in which every operation is called once at least."""

from datetime import timedelta
from typing import Any

from tests.contract.agreements import agreements
from tests.contract.teller import Teller
from tests.office import Office

CARDS = ("Lead", "Offer", "Deal", "Renewal")
SEAT = {"description": "Seat, a year", "quantity": "10", "unit": "seat", "price": "1500.00"}


async def begin(office: Office, contract: dict[str, Any]) -> Teller:
    """The company before anything has happened: an admin, and a team with two people."""
    office.delivered.clear()
    await office.set_company(locale="en", name="Northwind")
    north = await office.team("North")
    return Teller(
        office,
        contract,
        boss=await office.person("vera", "admin"),
        head=await office.person("boris", "head", team_id=north),
        anna=await office.person("anna", team_id=north),
        site=await office.person("site", "manager", scopes=("leads:intake",)),
    )


async def tell(t: Teller) -> None:
    """The whole story; the order matters, the names of the parts tell what they are about."""
    for part in (
        people, settings, products, clients, leads, offers, deals, renewals, reminders, rest, ends,
    ):  # fmt: skip
        await part(t)
        t.office.now += timedelta(minutes=1)


async def people(t: Teller) -> None:
    await t("live")
    await t("ready")
    await t("getMe")
    await t("editMe", body={"name": "Vera Orlova"})
    body = {"email": "olga@example.com", "name": "Olga", "role": "manager", "locale": "en"}
    await t("createUser", body=body, keep="olga")
    t.ids["anna"] = t.people["anna"].id
    await t("getUser", "olga")
    await t("editUser", "olga", body={"name": "Olga Sokolova"})
    await t("putUser", "hr-7", body={"email": "igor@example.com", "name": "Igor"})
    await t("listUsers", role="manager", limit=2)
    await t("listRoles")
    await t("createTeam", body={"name": "South", "heads": [t.people["head"].id]}, keep="south")
    await t("getTeam", "south")
    await t("editTeam", "south", body={"name": "South and East"})
    await t("putTeam", "unit-3", body={"name": "West"})
    await t("listTeams", limit=2)
    access = {"name": "Warehouse", "scopes": ["cards:read", "reports:read"]}
    await t("createToken", body=access, keep="token")
    await t("getToken", "token")
    await t("listTokens", limit=1, sort="-id")
    await t("revokeToken", "token")


async def settings(t: Teller) -> None:
    await t("getSettings")
    await t("editSettings", body={"grace_days": 5})
    await t("listPipelines", kind="deal", limit=1)
    key = {"kind": "deal", "key": "partners", "name": "Partners"}
    await t("createPipeline", body=key, keep="pipeline")
    await t("getPipeline", "pipeline")
    await t("editPipeline", "pipeline", body={"renewal_on_win": "offer"})
    stage = {"key": "pilot", "kind": "open", "name": "Pilot", "probability": 40, "rot_days": 10}
    await t("createStage", "pipeline", body=stage, keep="stage")
    await t("getStage", "pipeline", "stage")
    await t("editStage", "pipeline", "stage", body={"required_fields": ["amount"]})
    stages = await t("listStages", "pipeline", kind="open")
    first = next(one for one in stages["items"] if one["key"] != "pilot")
    await t("deleteStage", "pipeline", "stage", move_to=first["key"])
    reason = {"key": "no_partner", "name": "Found no partner", "group": "refused"}
    await t("createReason", "pipeline", body=reason, keep="reason")
    await t("getReason", "pipeline", "reason")
    await t("editReason", "pipeline", "reason", body={"limit_percent": "10.00"})
    await t("listReasons", "pipeline", use="lost", limit=2)


async def products(t: Teller) -> None:
    body = {
        "name": "Support, a year", "sku": "SUP-1", "price": "15000.00", "currency": "RUB",
        "replenishment": "fixed_term", "period": "P1Y", "lead_time": "P30D",
    }  # fmt: skip
    await t("createProduct", body=body, keep="product")
    await t("getProduct", "product")
    await t("editProduct", "product", body={"stock": "100"})
    await t("putProduct", "erp-11", body={"name": "Cable", "unit": "m", "price": "12.50"})
    await t("listProducts", q="support", sort="name", count="true")
    await t("deleteProduct", "product")
    await t("restoreProduct", "product")


async def clients(t: Teller) -> None:
    body = {
        "name": "Acme", "kind": "company", "email": "office@acme.example", "currency": "RUB",
        "external_id": "crm-1", "credit_limit": "500000.00", "custom": {"floor": 3},
    }  # fmt: skip
    await t("createClient", body=body, keep="client", by="anna")
    await t("getClient", "client", by="anna")
    await t("editClient", "client", body={"segment": "growth"}, by="anna")
    await t("putClient", "crm-2", body={"name": "Acme Ltd"}, keep="double", by="anna")
    await t("listClients", q="acme", limit=1, count="true", by="anna")
    await t("deleteClient", "double", by="anna")
    await t("restoreClient", "double", by="anna")
    await t("mergeClient", "client", body={"other_id": t["double"]}, by="anna")
    body = {"client_id": t["client"], "name": "Pyotr Ivanov", "email": "pyotr@acme.example"}
    await t("createContact", body=body, keep="contact", by="anna")
    await t("getContact", "contact", by="anna")
    await t("editContact", "contact", body={"phone": "+7 900 000-00-00"}, by="anna")
    other = {"client_id": t["client"], "name": "Maria Petrova"}
    await t("putContact", "person-8", body=other, by="anna")
    await t("listContacts", client_id=t["client"], limit=1, by="anna")
    await t("deleteContact", "contact", by="anna")
    await t("restoreContact", "contact", by="anna")


async def leads(t: Teller) -> None:
    body = {
        "title": "Support for ten seats", "company_name": "Borealis", "contact_name": "Ivan",
        "email": "ivan@borealis.example", "need": "Support\nfor a year", "budget": "15000.00",
        "temperature": "warm", "source": "website",
    }  # fmt: skip
    await t("createLead", body=body, keep="lead", by="anna")
    await t("putLead", "form-9", body={"title": "Asks for a price"}, by="anna")
    await t("listLeads", state="open", sort="-created_at", limit=1, by="anna")
    await t("moveLead", "lead", body={"stage": "contacted"}, by="anna")
    site = {"contact_name": "Pavel", "phone": "+7 900 000-00-00", "need": "Call me"}
    await t("takeLead", body=site, by="site")
    await common(t, "Lead", "lead", {"temperature": "hot"})
    await t("moveLead", "lead", body={"stage": "contacted"}, by="anna")
    whole = {"client": {"name": "Borealis"}, "deal": {"title": "Ten seats"}, "offer": {}}
    await t("convertLead", "lead", body=whole, by="anna")


async def offers(t: Teller) -> None:
    body = {
        "title": "Ten seats", "client_id": t["client"], "lines": [SEAT],
        "discount_percent": "12.50", "valid_until": "2026-06-30",
    }  # fmt: skip
    await t("createOffer", body=body, keep="offer", by="anna")
    terms = {"title": "Two seats", "client_id": t["client"], "payment_terms": "30 days"}
    await t("putOffer", "quote-4", body=terms, by="anna")
    await t("listOffers", status="draft", limit=1, by="anna")
    await t("moveOffer", "offer", body={"stage": "request"}, by="anna")
    await common(t, "Offer", "offer", {"bonus": "Free delivery"})
    await t("requestApproval", "offer", body={"comment": "An old client"}, by="anna")
    await t("rejectOffer", "offer", body={"comment": "Ten per cent at most"}, by="head")
    await t("editOffer", "offer", body={"discount_percent": "10.00"}, by="anna")
    await t("moveOffer", "offer", body={"stage": "request"}, by="anna")
    better = {"fields": {"discount_percent": "9.00"}, "comment": "Nine will do"}
    await t("approveOffer", "offer", body=better, by="head")
    await t("listOfferRevisions", "offer", by="anna")
    await t("getOfferDocument", "offer", by="anna")
    await t("getOfferInvoice", "offer", by="anna")


async def deals(t: Teller) -> None:
    lines = [{"product_id": t["product"], "quantity": "10", "price": "1500.00"}]
    body = {
        "title": "Ten seats", "client_id": t["client"], "amount": "15000.00", "currency": "RUB",
        "expected_close_on": "2026-04-30", "product_lines": lines,
    }  # fmt: skip
    await t("createDeal", body=body, keep="deal", by="anna")
    known = {"title": "Two seats", "client_id": t["client"], "amount": "3000.00"}
    await t("putDeal", "order-17", body=known, by="anna")
    await t("listDeals", stage="needs", sort="-amount", limit=1, count="true", by="anna")
    await t("moveDeal", "deal", body={"stage": "offer"}, by="anna")
    await common(t, "Deal", "deal", {"amount": "14500.00"})
    won = {"stage": "won", "fields": {"start_on": "2026-03-15"}, "comment": "Paid at once"}
    await t("moveDeal", "deal", body=won, by="anna")


async def renewals(t: Teller) -> None:
    body = {
        "client_id": t["client"], "title": "Hosting", "amount": "1500.00", "period": "P1M",
        "renewal_date": "2026-05-09", "lead_time": "P2W",
    }  # fmt: skip
    made = await t("createRenewal", body=body, keep="renewal", by="anna")
    other = {"renewal_date": "2026-05-20", "reason": "client_asked"}
    await t("rescheduleRenewal", "renewal", body=other, by="anna")
    body = {"client_id": t["client"], "title": "Mail", "amount": "90", "renewal_date": "2026-08-01"}
    mail = await t("createRenewal", body=body, by="anna")
    items = [{"renewal_id": mail["id"], "version": mail["version"]}]
    later = {"renewal_date": "2026-09-01", "reason": "budget_period"}
    await t("decideRenewals", body={"items": items, "reschedule": later}, by="anna")
    await t("previewActivations", from_="2026-05-01", to="2026-05-31", by="anna")
    await t("listRenewals", state="waiting", sort="renewal_date", limit=1, by="anna")
    await t("activateRenewal", "renewal", by="anna")
    await t("moveRenewal", "renewal", body={"stage": "invoice_sent"}, by="anna")
    await t("getRenewalInvoice", "renewal", by="anna")
    await common(t, "Renewal", "renewal", {"title": "Hosting, a month"}, deleted=False)
    await t("listOrphans", limit=1)
    await t("runSweep", body={"today": "2026-03-10"})
    await t("listSweeps", limit=1)
    await agreements(t, made["agreement_id"])
    found = await t("listPipelines", kind="renewal")
    reasons = await t("listReasons", found["items"][0]["id"], use="lost")
    lost = {"stage": "not_renewed", "reason_id": reasons["items"][0]["id"]}
    await t("moveRenewal", "renewal", body=lost, by="anna")
    await t("deleteRenewal", "renewal", by="anna")
    await t("restoreRenewal", "renewal", by="anna")
    await t("deleteAgreement", made["agreement_id"], by="anna")
    await t("restoreAgreement", made["agreement_id"], by="anna")


async def common(
    t: Teller, word: str, name: str, fields: dict[str, Any], deleted: bool = True
) -> None:
    """What all cards have in common, with a card that was moved just now."""
    await t(f"undo{word}", name, by="anna")
    await t(f"get{word}", name, by="anna")
    await t(f"edit{word}", name, body=fields, by="anna")
    await t(f"get{word}History", name, limit=2, by="anna")
    if deleted:
        await t(f"delete{word}", name, by="anna")
        await t(f"restore{word}", name, by="anna")


async def reminders(t: Teller) -> None:
    body = {
        "name": "Ten days to go", "kind": "renewal", "anchor": "renewal_date", "offset": "-P10D",
        "while": ["invoice_required", "invoice_sent"], "family": "payment",
        "actions": [
            {"type": "notify", "text": "Ends on {renewal_date}: {client}", "to": "owner"},
            {"type": "task", "text": "Get the payment by {due}", "due_offset": "-P3D"},
        ],
    }  # fmt: skip
    await t("createReminderRule", body=body, keep="rule")
    await t("getReminderRule", "rule")
    greet: dict[str, Any] = {
        "kind": "client",
        "anchor": "created",
        "offset": "P0D",
        "while": [],
        "family": None,
    }
    say = [{"type": "notify", "text": "A new client: {client}"}]
    await t("editReminderRule", "rule", body={**greet, "actions": say, "name": "Greet"})
    await t("listReminderRules", family="payment", limit=1)
    await t("dryRunReminders", rule_id=t["rule"], by="anna")
    await t("runReminders", body={"today": t.office.today.isoformat()})
    await t("listReminderRuns", limit=1)
    told = await t("listNotifications", read="false", limit=1, by="anna")
    await t("getNotification", told["items"][0]["id"], by="anna")
    await t("readNotification", told["items"][0]["id"], by="anna")
    await t("deleteReminderRule", "rule")
    await t("restoreReminderRule", "rule")


async def rest(t: Teller) -> None:
    body = {"title": "Call back", "card_id": t["deal"], "due_at": "2026-03-12T15:00:00Z"}
    await t("createTask", body=body, keep="task", by="anna")
    await t("getTask", "task", by="anna")
    await t("editTask", "task", body={"done": True, "outcome": "talked"}, by="anna")
    await t("listTasks", card_id=t["deal"], done="true", by="anna")
    await t("deleteTask", "task", by="anna")
    await t("restoreTask", "task", by="anna")
    said = {"card_id": t["deal"], "kind": "call", "direction": "out", "body": "Wants 12 seats"}
    await t("createActivity", body=said, keep="activity", by="anna")
    await t("getActivity", "activity", by="anna")
    await t("editActivity", "activity", body={"outcome": "agreed"}, by="anna")
    await t("listActivities", card_id=t["deal"], by="anna")
    await t("deleteActivity", "activity", by="anna")
    await t("restoreActivity", "activity", by="anna")
    await t("getClientTimeline", "client", limit=1, by="anna")
    await t("getFunnel", pipeline="sales", from_="2026-01-01", to="2026-03-31", by="anna")
    await t("listFunnelCards", pipeline="sales", bucket="won", limit=1, by="anna")
    await t("getReasonReport", group_by="month", from_="2026-03-01", to="2026-03-31", by="anna")
    await t("getCycleTime", pipeline="sales", group_by="owner", by="anna")
    await t("getVelocity", pipeline="sales", from_="2026-03-01", to="2026-03-31", by="anna")
    await t("getForecast", pipeline="sales", by="anna")
    await t("getChanges", pipeline="sales", from_="2026-03-01", by="anna")
    await t("getManagerReport", pipeline="sales", from_="2026-03-01", to="2026-03-31", by="anna")
    await t("getRenewalReport", from_="2026-03-01", to="2026-12-31", by="anna")
    await t("getChurnReport", from_="2026-03-01", to="2026-03-31", by="anna")
    await t("listEvents", after=1, limit=2, by="anna")
    await t("listAudit", kind="deal", id=t["deal"], type="deal.moved", limit=1)


async def ends(t: Teller) -> None:
    note = {"owner_id": t["olga"], "note": "I am on leave in April"}
    for word in CARDS:
        await t(f"transfer{word}", word.lower(), body=note)
    await t("transferClient", "client", body=note)
