"""Users, teams and roles: who works here, how far everybody's rights reach."""

from typing import Annotated, Any

from litestar import Response, Router, get, post
from msgspec import UNSET, Meta, Struct

from backend.db.session import Unit
from backend.domain.cards.schemas import Text
from backend.domain.flows import deactivation
from backend.domain.users import actions, queries
from backend.domain.users.belongings import queries as belongings
from backend.domain.users.recipients import queries as recipients
from backend.domain.users.schemas import (
    Email,
    Id,
    Locale,
    Name,
    Role,
    Team,
    TeamCreate,
    TeamFields,
    TeamFilters,
    UserCreate,
    UserEdit,
    UserFilters,
)
from backend.domain.users.teams import actions as team_actions
from backend.domain.users.teams import queries as team_queries
from backend.routes.deps import Path
from backend.routes.web import pages
from backend.routes.web.view import View, ViewDep

PAGE = "/settings/people"
USERS, TEAMS = f"{PAGE}/users", f"{PAGE}/teams"
ONE_USER, ONE_TEAM = f"{USERS}/{{record_id:int}}", f"{TEAMS}/{{record_id:int}}"
MOST = 200


class UserForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who somebody is and what he may; to whom his goes when he leaves."""

    version: int = 0
    name: Name
    email: Email
    role: Role
    locale: Locale
    team_id: Id | None = None
    active: bool = False
    hand_over_to: Id | None = None
    hand_over_note: Text | None = None

    def edit(self) -> UserEdit:
        return UserEdit(
            name=self.name, email=self.email, role=self.role, locale=self.locale,
            team_id=self.team_id, active=self.active, hand_over_note=self.hand_over_note,
            hand_over_to=UNSET if self.hand_over_to is None else self.hand_over_to,
        )  # fmt: skip


class PasswordForm(Struct, frozen=True, forbid_unknown_fields=True):
    """A password that an admin gives."""

    password: Annotated[str, Meta(max_length=1024)]


class TeamForm(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A team, and who leads it besides the heads that are its members."""

    version: int = 0
    name: Name
    heads: Annotated[list[Id], Meta(max_length=100)] = []


async def _all(tx: Unit, view: View) -> dict[str, Any]:
    """Everybody, all teams, all roles."""
    found = await queries.users(tx, UserFilters(limit=MOST, sort="email"))
    teams = await team_queries.teams(tx, TeamFilters(limit=MOST))
    roles = await queries.roles(tx, view.viewer)
    names = {team.id: team.name for team in teams.items}
    heads = [one for one in found.items if one.role == "head"]
    return {
        "users": found.items,
        "heads": heads,
        "teams": teams.items,
        "roles": roles.items,
        "team_names": names,
    }


@get(PAGE)
async def page(view: ViewDep) -> Response[Any]:
    async def work(tx: Unit) -> Response[Any]:
        return view.page("settings/people.html", **await _all(tx, view))

    return await view.read(work)


@get(f"{USERS}/new")
async def blank_user(view: ViewDep) -> Response[Any]:
    return await _user_form(view, None)


@get(ONE_USER)
async def user(view: ViewDep, record_id: Path) -> Response[Any]:
    return await _user_form(view, record_id)


async def _user_form(view: View, record_id: int | None) -> Response[Any]:
    async def work(tx: Unit) -> Response[Any]:
        shown: dict[str, Any] = {"user": None}
        if record_id is not None:
            his = await belongings.count(tx, record_id)
            shown = {
                "user": await queries.user(tx, record_id),
                "belongings": his if any(his.values()) else None,
                "recipients": await recipients.recipients(tx, view.viewer, record_id),
            }
        return view.fragment("settings/_user.html", **shown, **await _all(tx, view))

    return await view.read(work)


@post(USERS)
async def hire(view: ViewDep) -> Response[Any]:
    form = await view.form(UserForm)
    fields = UserCreate(
        name=form.name, email=form.email, role=form.role, locale=form.locale, team_id=form.team_id,
        active=form.active,
    )  # fmt: skip
    await view.change(lambda tx: actions.create_user(tx, view.viewer, fields))
    return view.to(PAGE, view.gettext("The user is there: give him a password now"))


@post(ONE_USER)
async def edit(view: ViewDep, record_id: Path) -> Response[Any]:
    form = await view.form(UserForm)
    await view.change(
        lambda tx: deactivation.edit_user(tx, view.viewer, record_id, form.edit(), form.version)
    )
    return view.to(PAGE, view.gettext("Saved"))


@post(f"{ONE_USER}/password")
async def password(view: ViewDep, record_id: Path) -> Response[Any]:
    """The user is signed out everywhere; what else is written in the dialog stays."""
    form = await view.form(PasswordForm)
    await view.change(lambda tx: actions.set_password(tx, view.viewer, record_id, form.password))
    told = view.gettext("The password is set")
    if not view.is_fragment:
        return view.to(PAGE, told)
    return pages.toast(pages.empty(200, {"HX-Reswap": "none"}), told)


@get(f"{TEAMS}/new")
async def blank_team(view: ViewDep) -> Response[Any]:
    return await _team_form(view, None)


@get(ONE_TEAM)
async def team(view: ViewDep, record_id: Path) -> Response[Any]:
    return await _team_form(view, record_id)


async def _team_form(view: View, record_id: int | None) -> Response[Any]:
    async def work(tx: Unit) -> Response[Any]:
        one: Team | None = None if record_id is None else await team_queries.one_team(tx, record_id)
        return view.fragment("settings/_team.html", team=one, **await _all(tx, view))

    return await view.read(work)


@post(TEAMS)
async def found_team(view: ViewDep) -> Response[Any]:
    form = await view.form(TeamForm)
    fields = TeamCreate(name=form.name, heads=form.heads)
    await view.change(lambda tx: team_actions.create_team(tx, view.viewer, fields))
    return view.to(PAGE, view.gettext("The team is there"))


@post(ONE_TEAM)
async def edit_team(view: ViewDep, record_id: Path) -> Response[Any]:
    form = await view.form(TeamForm)
    fields = TeamFields(name=form.name, heads=form.heads)
    await view.change(
        lambda tx: team_actions.edit_team(tx, view.viewer, record_id, fields, form.version)
    )
    return view.to(PAGE, view.gettext("Saved"))


router = Router(
    "/",
    route_handlers=[
        page,
        blank_user,
        user,
        hire,
        edit,
        password,
        blank_team,
        team,
        found_team,
        edit_team,
    ],
)
