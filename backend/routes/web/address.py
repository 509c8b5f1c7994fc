"""The address of a board: its filters live there and nowhere else, so a link tells all."""

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

import msgspec
from litestar import Request
from litestar.di import NamedDependency, Provide
from msgspec import Meta, Struct, structs

from backend.domain.boards.schemas import BoardFilters, Flag, Sort
from backend.errors import BadRequest
from backend.reading import converted

NUMBERS = r"^\d{1,15}(,\d{1,15}){0,99}$"
Word = Annotated[str, Meta(max_length=64)]
Range = Annotated[str, Meta(pattern=r"^\d{0,12}-\d{0,12}$")]
Numbers = Annotated[str, Meta(pattern=NUMBERS)]


class Address(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True,
    rename={"from_": "from"},
):  # fmt: skip
    """What stands behind the `?`: pipeline, managers, days, sums, source, words, order, look."""

    p: Word | None = None
    m: Numbers | None = None
    from_: date | None = None
    to: date | None = None
    sum: Range | None = None
    src: Word | None = None
    q: Annotated[str, Meta(max_length=200)] | None = None
    flag: Flag | None = None
    sort: Sort = "rank"
    fold: Annotated[str, Meta(pattern=r"^[\w,]{1,400}$")] | None = None
    view: Literal["board", "list", "date"] = "board"
    store: Literal["1"] | None = None
    rows: Annotated[int, Meta(ge=30, le=330)] = 30  # of each stage in a list

    @property
    def filters(self) -> BoardFilters:
        """The same as the domain reads it."""
        low, _, high = (self.sum or "-").partition("-")
        return BoardFilters(
            pipeline=self.p, owners=numbers(self.m), source=self.src, q=self.q,
            created_from=self.from_, created_to=self.to,
            amount_min=Decimal(low) if low else None, amount_max=Decimal(high) if high else None,
            flag=self.flag, sort=self.sort, by="date" if self.view == "date" else "stage",
            store=self.store is not None,
        )  # fmt: skip

    @property
    def folded(self) -> list[str]:
        """The keys of the columns that are folded to a strip."""
        return [] if self.fold is None else self.fold.split(",")

    @property
    def is_narrowed(self) -> bool:
        """Whether some cards are left out."""
        return any((self.m, self.from_, self.to, self.sum, self.src, self.q, self.flag))

    def query(self, **changes: Any) -> str:
        """`?…` with some parts changed; empty where nothing is left to say."""
        told = msgspec.to_builtins(structs.replace(self, **changes))
        return f"?{urlencode(told)}" if told else ""

    def bare(self) -> str:
        """`?…` without any filter: the same board, the same look."""
        return self.query(m=None, from_=None, to=None, sum=None, src=None, q=None, flag=None)


def numbers(text: str | None) -> tuple[int, ...]:
    """`3,7` as numbers."""
    return () if text is None else tuple(int(one) for one in text.split(","))


def read(request: Request[Any, Any, Any], *beside: str) -> Address:
    """The address that was asked for; what a form leaves empty is as good as not said.

    Several managers are joined, as boxes ticked in a form send them; of anything else the last one
    holds. `beside` are parameters that the handler reads for itself.
    """
    given: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if value and name not in beside:
            given[name] = f"{given[name]},{value}" if name == "m" and "m" in given else value
    for end in ("sum_from", "sum_to"):
        given[end] = "".join(given.get(end, "").split())
        if not re.fullmatch(r"\d{0,12}", given[end]):
            raise BadRequest("A sum is a whole number, like 50000")
    low, high = given.pop("sum_from"), given.pop("sum_to")
    if low or high:
        given["sum"] = f"{low}-{high}"
    return converted(given, Address)


def provided(*beside: str) -> Provide:
    """The address as a dependency."""

    async def provide(request: Request[Any, Any, Any]) -> Address:
        return read(request, *beside)

    return Provide(provide)


AddressDep = NamedDependency[Address]
