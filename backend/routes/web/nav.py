"""What stands in the navigation: the pages that there are, in their order."""

from typing import NamedTuple

from backend.domain.access import Viewer
from backend.routes.web.policy import PAGES, Who
from backend.routes.web.words import N_

FAR = N_("Data")  # the group that stands behind a button where there is room for five only


class Entry(NamedTuple):
    """A link; `key` opens it after G. A board is of a `kind` of cards."""

    path: str
    icon: str
    label: str
    group: str = ""
    key: str = ""
    kind: str = ""

    @property
    def is_near(self) -> bool:
        """Whether it is at hand on the smallest screen."""
        return self.group != FAR


ENTRIES = (
    Entry("/today", "sun", N_("Today"), key="t"),
    Entry("/leads", "tray", N_("Leads"), N_("Funnels"), "l", "lead"),
    Entry("/offers", "doc", N_("Offers"), N_("Funnels"), "o", "offer"),
    Entry("/deals", "bag", N_("Deals"), N_("Funnels"), "d", "deal"),
    Entry("/renewals", "loop", N_("Renewals"), N_("Funnels"), "r", "renewal"),
    Entry("/clients", "people", N_("Clients"), FAR),
    Entry("/reports", "chart", N_("Reports"), FAR),
    Entry("/settings", "gear", N_("Settings"), FAR),
)


def entries(viewer: Viewer) -> list[Entry]:
    """The pages that there are and that the viewer may open."""
    return [
        entry
        for entry in ENTRIES
        if (rule := PAGES.get(f"GET {entry.path}")) is not None
        and (rule.who is not Who.ADMINS or viewer.settings)
        and (not entry.kind or entry.kind in viewer.boards)
    ]


def home(viewer: Viewer) -> str:
    """Where somebody starts who says nothing else."""
    return next((entry.path for entry in entries(viewer)), "/settings/me")
