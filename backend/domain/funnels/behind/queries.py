"""Reading the cards behind a number of a report: how many they are, and some of them."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping

from msgspec import Struct, structs

from backend.db.session import Unit
from backend.domain.access import Viewer
from backend.domain.funnels import queries as funnels
from backend.domain.funnels.listed.queries import listed
from backend.domain.funnels.schemas import FunnelCardFilters, ReportCard, ReportFilters
from backend.domain.funnels.selection import queries as selection

AT_ONCE = 100


class Behind(Struct, frozen=True, kw_only=True):
    """The cards behind a number by id; `after` is where the next of them begin.

    `counted` is the number itself: it may count a card more than once, as `often` says.
    """

    total: int
    counted: int
    often: Mapping[int, int]
    cards: list[ReportCard]
    after: int | None


async def of_funnel(tx: Unit, viewer: Viewer, filters: FunnelCardFilters, after: int) -> Behind:
    """Those of a funnel, which may be too many to be gathered."""
    asked = structs.replace(filters, limit=AT_ONCE + 1)
    total = await funnels.counted(tx, viewer, filters)
    found = await funnels.card_ids(tx, viewer, asked, after)
    return await _told(tx, viewer, filters, total, found, Counter(found), total)


async def of_ids(
    tx: Unit, viewer: Viewer, filters: ReportFilters, card_ids: Iterable[int], after: int
) -> Behind:
    """Those of a report that gathers its cards itself, each as often as its number counts it;
    who may see them was decided there."""
    often = Counter(card_ids)
    own = sorted(often)
    first = bisect_right(own, after)
    shown = own[first : first + AT_ONCE + 1]
    return await _told(tx, viewer, filters, len(own), shown, often, often.total())


async def _told(
    tx: Unit, viewer: Viewer, filters: ReportFilters, total: int, card_ids: list[int],
    often: Mapping[int, int], counted: int,
) -> Behind:  # fmt: skip
    page = card_ids[:AT_ONCE]
    as_of = selection.instant_of(tx, viewer, filters)
    return Behind(
        total=total, counted=counted, often=often,
        cards=await listed(tx, viewer, page, as_of),
        after=page[-1] if len(card_ids) > AT_ONCE else None,
    )  # fmt: skip
