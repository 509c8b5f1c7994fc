"""The words on the sheets, in both languages."""

from collections.abc import Callable

from msgspec import Struct

from backend.papers.sheet import Language
from backend.papers.words import plural


class Captions(Struct, frozen=True, kw_only=True):
    """The words of one language."""

    titles: dict[str, str]
    dated: str
    seller: str
    buyer: str
    receiver: str
    bank: str
    bik: str
    account: str
    corr_account: str
    inn: str
    kpp: str
    valid_until: str
    columns: tuple[str, ...]
    discount: str
    vat_inside: str
    vat_on_top: str
    no_vat: str
    totals: dict[str, str]
    count: str
    payment_terms: str
    delivery: str
    bonus: str
    special_terms: str
    director: str
    manager: str
    days: Callable[[int], str]
    money: Callable[[str], str]


CAPTIONS: dict[Language, Captions] = {
    "ru": Captions(
        titles={"offer": "Коммерческое предложение", "invoice": "Счёт на оплату"},
        dated="от",
        seller="Поставщик",
        buyer="Покупатель",
        receiver="Получатель",
        bank="Банк получателя",
        bik="БИК",
        account="Расч. счёт",
        corr_account="Корр. счёт",
        inn="ИНН",
        kpp="КПП",
        valid_until="Действует до",
        columns=("№", "Наименование", "Кол-во", "Ед.", "Цена", "Скидка", "Сумма"),
        discount="Общая скидка учтена в суммах",
        vat_inside="В том числе НДС",
        vat_on_top="НДС сверх цены",
        no_vat="Без НДС",
        totals={"offer": "Итого", "invoice": "Всего к оплате"},
        count="Всего наименований: {count}, на сумму:",
        payment_terms="Условия оплаты",
        delivery="Срок поставки",
        bonus="Бонус",
        special_terms="Особые условия",
        director="Руководитель",
        manager="Ваш менеджер",
        days=lambda count: f"{count} {plural(count, ('день', 'дня', 'дней'))}",
        money=lambda code: "руб." if code == "RUB" else code,
    ),
    "en": Captions(
        titles={"offer": "Offer", "invoice": "Invoice"},
        dated="of",
        seller="Seller",
        buyer="Buyer",
        receiver="Payee",
        bank="Bank",
        bik="BIC",
        account="Account",
        corr_account="Corr. account",
        inn="Tax number",
        kpp="KPP",
        valid_until="Valid until",
        columns=("No.", "Description", "Quantity", "Unit", "Price", "Discount", "Amount"),
        discount="Overall discount, included in the amounts",
        vat_inside="VAT included",
        vat_on_top="VAT on top",
        no_vat="No VAT",
        totals={"offer": "Total", "invoice": "Total to pay"},
        count="",
        payment_terms="Payment",
        delivery="Delivery",
        bonus="Bonus",
        special_terms="Special terms",
        director="Director",
        manager="Your contact",
        days=lambda count: "1 day" if count == 1 else f"{count} days",
        money=lambda code: code,
    ),
}
