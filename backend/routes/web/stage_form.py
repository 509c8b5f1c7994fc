"""What a move is sent with, and the dialog that asks for what it still needs."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Annotated, Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response
from msgspec import UNSET, Meta, Struct

from backend.db.session import Unit
from backend.domain.boards.dialogs import queries as dialogs
from backend.domain.cards.schemas import EndAgreement, Id, MoveRequest, PeriodText, Text
from backend.domain.moves.kinds import BEHAVIOURS
from backend.errors import BadRequest, DomainError, NextDateNeeded, ReasonNeeded
from backend.reading import converted
from backend.routes.web.address import NUMBERS, numbers
from backend.routes.web.browser import CSRF_FIELD
from backend.routes.web.fields import PERIODS, bare
from backend.routes.web.view import View
from backend.routes.web.words import N_

FIELD = "field-"  # before the name of a card's own field
MOST_AT_ONCE = 60
Numbers = Annotated[str, Meta(pattern=NUMBERS)]


class MoveForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where cards are moved to: `after` 0 = to the top, left out = to the end.

    `asked` says that the dialog has been seen already, so that it tells what is wrong.
    """

    to: Annotated[str, Meta(max_length=64)]
    ids: Numbers
    vers: Numbers
    after: Annotated[int, Meta(ge=0, le=2**53)] | None = None
    reason_id: Id | None = None
    comment: Text | None = None
    next_renewal_date: date | None = None
    next_period: PeriodText | None = None
    end_reason_id: Id | None = None
    asked: bool = False


def versions(ids: str, vers: str) -> dict[int, int]:
    """`3,7` and `1,4` as cards with the versions that were read; BadRequest for too many."""
    cards, read = numbers(ids), numbers(vers)
    if len(cards) != len(read) or len(set(cards)) != len(cards) or len(cards) > MOST_AT_ONCE:
        raise BadRequest("Each card is sent with the version that was read of it")
    return dict(zip(cards, read, strict=True))


class Sent(NamedTuple):
    """A move as it was sent: the form, and the card's own fields beside it as texts."""

    form: MoveForm
    fields: dict[str, str]

    @property
    def versions(self) -> dict[int, int]:
        """The cards with the versions that were read."""
        return versions(self.form.ids, self.form.vers)

    @property
    def known(self) -> dict[str, Any]:
        """All that was given, as the fields of a form."""
        fields = {FIELD + name: value for name, value in self.fields.items()}
        plain: dict[str, Any] = msgspec.to_builtins(self.form)
        return plain | fields

    def request(self, view: View, kind: str) -> MoveRequest:
        """The same as REST would send it."""
        form = self.form
        after = UNSET if form.after is None else (form.after or None)
        ending = None if form.end_reason_id is None else EndAgreement(form.end_reason_id)
        return MoveRequest(
            stage=form.to, after_id=after, reason_id=form.reason_id, comment=form.comment,
            next_renewal_date=form.next_renewal_date, next_period=form.next_period,
            end_agreement=ending, fields=self._typed(view, kind),
        )  # fmt: skip

    def _typed(self, view: View, kind: str) -> dict[str, Any]:
        """The card's fields as their struct has them; a day stands for its morning."""
        struct, given = BEHAVIOURS[kind].kind.fields, dict(self.fields)
        zone, name = ZoneInfo(view.viewer.company.time_zone), "next_contact_at"
        if name in given:
            try:
                day = date.fromisoformat(given[name])
            except ValueError:
                raise BadRequest("A day is needed, like 2026-03-10") from None
            given[name] = datetime.combine(day, time(9), zone).isoformat()
        typed: Any = converted(given, struct, "/fields")
        return {name: getattr(typed, name) for name in given}


async def sent(view: View) -> Sent:
    """A move as it was sent; BadRequest for what no move knows."""
    form = await view.request.form()
    plain: dict[str, str] = {}
    for name, value in form.multi_items():
        if name in plain:
            raise BadRequest(f"The field “{name}” is given twice")
        if str(value).strip() and name != CSRF_FIELD:
            plain[name] = str(value)
    fields = {n.removeprefix(FIELD): v for n, v in plain.items() if n.startswith(FIELD)}
    for name in fields:
        if LABELS.get(name, ("", ""))[0] == "decimal":
            fields[name] = bare(fields[name])
    own = {name: value for name, value in plain.items() if not name.startswith(FIELD)}
    return Sent(converted(own, MoveForm), fields)


class Field(NamedTuple):
    """A field of the dialog: what it is called, how it is typed in."""

    name: str
    label: str
    type: str = "text"


LABELS = {
    "amount": ("decimal", N_("Amount")),
    "budget": ("decimal", N_("Budget")),
    "competitor_price": ("decimal", N_("The competitor's price")),
    "competitor": ("text", N_("Which competitor")),
    "need": ("text", N_("What they need")),
    "price_level_agreed": ("checkbox", N_("The price level is agreed")),
    "phone": ("tel", N_("Phone")),
    "email": ("email", N_("E-mail")),
    "messenger": ("text", N_("Messenger")),
    "company_name": ("text", N_("Company")),
    "contact_name": ("text", N_("Contact")),
    "next_contact_at": ("date", N_("When to talk again? The card comes back by itself")),
    "suspended_until": ("date", N_("Until when it rests")),
    "valid_until": ("date", N_("The offer is good until")),
    "expected_close_on": ("date", N_("When it is expected to close")),
    "renewal_date": ("date", N_("When it is to be renewed")),
    "renewal_period": ("period", N_("Renewed every")),
    "one_off": ("checkbox", N_("A one-off sale, nothing to renew")),
    "payment_terms": ("text", N_("Payment terms")),
    "comment": ("textarea", N_("Comment")),
    "next_renewal_date": ("date", N_("The next renewal")),
    "other_card_id": ("number", N_("The number of the other card")),
    "other_agreement_id": ("agreement", N_("The other agreement")),
}  # fmt: skip
OF_THE_MOVE = {"comment", "next_renewal_date"}


def fields_of(missing: list[str]) -> tuple[list[Field], list[str]]:
    """What the dialog asks for, and what is better filled in on the card itself."""
    asked, elsewhere = [], []
    for name in (one for group in missing for one in group.split("|")):
        if name not in LABELS:
            elsewhere.append(name)
            continue
        kind, label = LABELS[name]
        asked.append(Field(name if name in OF_THE_MOVE else FIELD + name, label, kind))
    return asked, elsewhere


async def dialog(
    tx: Unit, view: View, kind: Any, given: Sent, need: DomainError, post: str
) -> Response[Any]:
    """The form that asks for what a refused move lacks, with all that was given before."""
    ids = list(given.versions)
    extra: Mapping[str, Any] = need.extra
    fields, elsewhere = fields_of(list(extra.get("missing_fields", [])))
    reasons = list(extra.get("reasons", []))
    about = await dialogs.about(tx, view.viewer, kind.name, ids)
    counts = await dialogs.reasons_used(tx, view.viewer, [one["id"] for one in reasons])
    reasons.sort(key=lambda one: -counts.get(one["id"], 0))
    others = []
    if any(field.type == "agreement" for field in fields):
        others = await dialogs.other_agreements(tx, view.viewer, ids[0])
    known = given.known
    shown = {field.name for field in fields} | ({"reason_id", "comment"} if reasons else set())
    kept = {name: value for name, value in known.items() if name not in shown}
    answer = view.fragment(
        "board/_stage_form.html", 422, kind=kind, about=about, post=post, fields=fields,
        elsewhere=elsewhere, reasons=reasons, counts=counts, known=known,
        kept=kept | {"asked": "true"}, told_before=given.form.asked, agreements=others,
        periods=PERIODS,
        proposals={n: date.fromisoformat(day) for n, day in extra.get("proposals", {}).items()},
        asks_reason=isinstance(need, ReasonNeeded),
        asks_date=isinstance(need, NextDateNeeded), need=view.refusal(need),
        lost=bool(reasons) or given.form.reason_id is not None,
    )  # fmt: skip
    return in_dialog(answer)


def in_dialog(answer: Response[Any]) -> Response[Any]:
    """An answer that is shown in the dialog, whatever asked for it."""
    answer.headers["HX-Retarget"] = "#dlg"
    answer.headers["HX-Reswap"] = "innerHTML"
    return answer
