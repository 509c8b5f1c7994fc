"""What one settles for oneself: name and language, password, how the pages look."""

from typing import Annotated, Any, Literal

from litestar import Response, Router, get, post
from msgspec import Meta, Struct
from msgspec.structs import asdict

from backend import security
from backend.db.session import Unit
from backend.domain.users import actions, queries
from backend.domain.users.schemas import Locale, Me, MyFields, Name
from backend.domain.users.sessions.actions import begin_session
from backend.domain.users.sessions.queries import password_of
from backend.errors import NotAcceptable, pointed
from backend.routes.web import browser, nav, pages
from backend.routes.web.view import View, ViewDep
from backend.routes.web.words import N_, translations

PAGE = "/settings/me"
Password = Annotated[str, Meta(max_length=1024)]


class MyForm(Struct, frozen=True, forbid_unknown_fields=True):
    """Who one is."""

    name: Name
    locale: Locale
    version: int


class LookForm(Struct, frozen=True, forbid_unknown_fields=True):
    """How the pages look in this browser."""

    theme: Literal["", "light", "dark"] = ""
    density: Literal["", "compact"] = ""
    keys: Literal["", "off"] = ""


class PasswordForm(Struct, frozen=True, forbid_unknown_fields=True):
    """A new password, and the one it follows."""

    old: Password
    new: Password


@get("/")
async def home(view: ViewDep) -> Response[Any]:
    return view.to(nav.home(view.viewer))


@get(PAGE)
async def me(view: ViewDep) -> Response[Any]:
    return await view.read(lambda tx: _shown(tx, view))


async def _shown(tx: Unit, view: View) -> Response[Any]:
    found: Me = await queries.me(tx, view.viewer)
    return view.page("settings/me.html", me=found, writes=found.writes != "none")


@post(PAGE)
async def edit(view: ViewDep) -> Response[Any]:
    form = await view.form(MyForm)
    fields = MyFields(name=form.name, locale=form.locale)
    await view.change(lambda tx: actions.edit_me(tx, view.viewer, fields, form.version))
    return view.to(PAGE, translations(form.locale).gettext("Saved"))


@post(f"{PAGE}/look")
async def look(view: ViewDep) -> Response[Any]:
    """At once, without another page: what is written beside it stays."""
    form = await view.form(LookForm)
    told = view.gettext("Saved")
    if view.is_fragment:
        answer = pages.toast(pages.empty(200, {"HX-Reswap": "none"}), told)
        pages.trigger(answer, look=asdict(form))
    else:
        answer = view.to(PAGE, told)
    answer.cookies += [
        browser.cookie(view.request, name, value, browser.YEAR if value else 0)
        for name, value in (
            (pages.THEME, form.theme), (pages.DENSITY, form.density), (pages.KEYS, form.keys),
        )
    ]  # fmt: skip
    return answer


@post(f"{PAGE}/password")
async def password(view: ViewDep) -> Response[Any]:
    """Every session ends with the old password; this browser gets a new one."""
    form = await view.form(PasswordForm)
    stored = await view.read(lambda tx: password_of(tx, view.viewer))
    if not await view.resources.passwords.good(stored, form.old):
        raise pointed(N_("The present password is wrong"), "/old", NotAcceptable)
    secret, user_id = security.new_secret(), view.viewer.user_id
    assert user_id is not None  # nobody else signs in

    async def work(tx: Unit) -> None:
        await actions.set_password(tx, view.viewer, user_id, form.new)
        await begin_session(tx, user_id, security.token_hash(secret))

    await view.change(work)
    answer = view.to(PAGE, view.gettext("The password is changed"))
    answer.cookies.append(browser.cookie(view.request, browser.SESSION, secret, browser.MONTH))
    return answer


router = Router("/", route_handlers=[home, me, edit, look, password])
