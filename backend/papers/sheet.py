"""What stands on a sheet: plain texts and numbers, in the company's language."""

from datetime import date, datetime
from typing import Literal

from msgspec import Struct

Language = Literal["ru", "en"]


class Seller(Struct, frozen=True, kw_only=True):
    """Our own company; what is not known is empty."""

    name: str
    inn: str = ""
    kpp: str = ""
    address: str = ""
    bank: str = ""
    bik: str = ""
    account: str = ""
    corr_account: str = ""
    director: str = ""


class Buyer(Struct, frozen=True, kw_only=True):
    """The client."""

    name: str
    inn: str = ""
    kpp: str = ""
    address: str = ""


class Line(Struct, frozen=True, kw_only=True):
    """One line; amounts are decimals as texts, a VAT rate of None means that there is no VAT."""

    description: str
    quantity: str
    unit: str
    price: str
    discount: str
    vat_rate: str | None
    total: str


class Sheet(Struct, frozen=True, kw_only=True):
    """An offer or an invoice. `made_at` goes into the file, so the same record gives the same."""

    kind: Literal["offer", "invoice"]
    language: Language
    number: str
    on: date
    made_at: datetime
    seller: Seller
    buyer: Buyer
    lines: list[Line]
    discount: str
    vat_included: bool
    vat_total: str
    total: str
    currency: str
    valid_until: date | None = None
    payment_terms: str = ""
    delivery_days: int | None = None
    bonus: str = ""
    special_terms: str = ""
    owner: str = ""
