"""The pages: HTML over the same actions and queries as REST, and nothing that REST does not have.

How to add a page:

- A handler takes `view: ViewDep` (view.py). `view.viewer` is who looks, as the domain knows him.
  `await view.read(work)` and `await view.change(work)` run `work(tx)` in a transaction; give the
  answer from inside the work, so that what cannot be rendered is not committed.
- `view.page("deals/show.html", deal=deal)` answers a whole page, which extends layout/base.html;
  `view.fragment("deals/_drawer.html", ...)` a part that htmx swaps. Where one address has both,
  ask `view.is_fragment`. `status=422` for a form that comes back. `view.to(path, told)` sends on,
  and the page there says in passing what was done.
- `pages.toast(answer, text, tone="bad" | "good" | "", undo=path, version=3)` lets the page say
  something; `undo` is posted with the values given. `pages.trigger(answer, event=detail)` raises
  events; `pages.trigger(answer, done=True)` closes the dialog as done, not as cancelled.
- `form = await view.form(Struct)` reads what was sent, as strictly as REST reads JSON; the struct
  says `forbid_unknown_fields=True`. An empty field is None where the struct knows None.
- Every route has its row in policy.py here (`page(Who.ADMINS, record=EDITED)`); without it the
  application does not start. Pages that stand in the navigation have a line in nav.py.
- Refusals are raised and not handled: refusals.py shows them, as a toast with the true status to
  htmx and as a page else. A dialog that asks for what is missing is a fragment with `status=422`
  and `HX-Retarget: #dlg`, made where the refusal is caught.
- In templates: `data-n="{{ mark }}"` on every element that may send a request (app.js refuses the
  rest), `{{ token() }}` of layout/macros.html (import `with context`) in every posted form; texts
  in `{{ _("…") }}`, `{% trans %}`, `pgettext`; in Python `view.gettext("…")`. Catalogs are
  frontend/locale/ru/*.po, a file for each part of the product. Filters: `amount | money(currency,
  short=True)`, `number`, `percent`, `day`, `moment(zone, this_year)`, `ago(now)`, `initials`,
  `hue`. No inline style, no inline script, no hx-on, no js: values: the browser would refuse them.
"""

from litestar import Router

from backend.routes.web import (
    adding,
    agreements,
    auth,
    boards,
    calendar,
    cards,
    clients,
    contacts,
    live,
    loading,
    many,
    me,
    moving,
    reports,
    review,
    runs,
    settings,
    today,
    win_back,
)
from backend.routes.web.guard import admit, note_seen
from backend.routes.web.view import DEPENDENCIES

router = Router(
    "/",
    route_handlers=[
        auth.router,
        me.router,
        settings.router,
        live.events,
        *clients.HANDLERS,
        *calendar.HANDLERS,
        *contacts.HANDLERS,
        *agreements.HANDLERS,
        *reports.HANDLERS,
        *review.HANDLERS,
        *runs.HANDLERS,
        *today.HANDLERS,
        *win_back.HANDLERS,
        *(
            one
            for kind in boards.BOARDS
            for part in (boards, moving, many, adding, loading, cards)
            for one in part.routes(kind)
        ),
    ],
    guards=[admit],
    dependencies=DEPENDENCIES,
    after_response=note_seen,
    opt={"page": True},
)
