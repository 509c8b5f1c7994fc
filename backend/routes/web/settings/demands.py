"""What a stage may demand of a card, by kind, in the words of who settles it."""

from backend.routes.web.words import N_

COMMON = {
    "client_id": N_("Client"), "contact_id": N_("Contact"), "amount": N_("Amount"),
    "source": N_("Source"), "next_contact_at": N_("Next contact"),
}  # fmt: skip
OWN = {
    "lead": {
        "need": N_("Need"), "budget": N_("Budget"), "price_level_agreed": N_("Price level agreed"),
        "phone|email|messenger": N_("Phone, e-mail or messenger"), "temperature": N_("Temperature"),
        "grade": N_("Grade"),
    },
    "offer": {
        "lines": N_("Lines"), "valid_until": N_("Valid until"),
        "payment_terms": N_("Payment terms"), "delivery_days": N_("Days of delivery"),
    },
    "deal": {
        "product_lines": N_("Products"), "expected_close_on": N_("Expected close"),
        "start_on": N_("Start"), "renewal_date": N_("Renewal date"),
        "renewal_period": N_("Renewal period"),
    },
    "renewal": {"renewal_date": N_("Renewal date")},
}  # fmt: skip


def demandable(kind: str, demanded: list[str]) -> list[tuple[str, str, bool]]:
    """Each field, its label, and whether it is demanded; what is unknown here keeps its name."""
    known = COMMON | OWN[kind]
    known |= {name: name for name in demanded if name not in known}
    return [(name, label, name in demanded) for name, label in known.items()]
