"""Users, teams, roles and API tokens as the outside sees and writes them."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from backend.reading import sorted_by

Name = Annotated[str, Meta(min_length=1, max_length=128, pattern=r"\S")]
Email = Annotated[str, Meta(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")]
ExternalId = Annotated[str, Meta(min_length=1, max_length=128, pattern=r"\S")]
Id = Annotated[int, Meta(ge=1, le=2**53)]
Instant = Annotated[datetime, Meta(tz=True)]
Role = Literal["manager", "head", "admin", "viewer"]
Locale = Literal["ru", "en"]
Reach = Literal["none", "own", "team", "all"]
Scope = Literal[
    "cards:read", "cards:write", "clients:read", "clients:write", "reports:read",
    "settings:write", "jobs:run", "tasks:read", "tasks:write", "users:write", "events:read",
    "imports:write", "webhooks:write", "audit:read", "leads:intake", "*",
]  # fmt: skip


class User(Struct, frozen=True, kw_only=True):
    """Somebody who works here, or did: users are deactivated and never deleted."""

    id: int
    external_id: str | None
    email: str
    name: str
    role: Role
    team_id: int | None
    active: bool
    locale: Locale
    version: int
    created_at: datetime
    updated_at: datetime


class Users(Struct, frozen=True, kw_only=True):
    """A page of users."""

    items: list[User]
    next_cursor: str | None
    total: int | UnsetType = UNSET


class UserFields(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The writable fields of a user; only the given ones are written."""

    email: Email | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    role: Role | UnsetType = UNSET
    team_id: Id | None | UnsetType = UNSET
    active: bool | UnsetType = UNSET
    locale: Locale | UnsetType = UNSET
    external_id: ExternalId | None | UnsetType = UNSET


class UserEdit(UserFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The fields to be written of a user; one who goes, or is to read only, hands over all of his.

    That is his clients with what is under way for them, his other open and waiting cards, his
    running agreements and open tasks.
    """

    hand_over_to: Id | UnsetType = UNSET
    hand_over_note: Annotated[str, Meta(max_length=10_000)] | None = None


class UserCreate(UserFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new user: a manager unless said otherwise, called by the e-mail unless named."""

    email: Email


class Recipient(Struct, frozen=True):
    """Somebody to whom a record may be handed over."""

    id: int
    name: str


class UserFilters(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Filters, sort and paging of the list of users; the e-mail is compared folded."""

    email: Annotated[str, Meta(max_length=254)] | None = None
    role: Role | None = None
    team_id: Id | None = None
    active: bool | None = None
    external_id: ExternalId | None = None
    updated_since: Instant | None = None
    sort: Annotated[str, sorted_by("id", "email", "created_at", "updated_at")] = "id"
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[str, Meta(max_length=1000)] | None = None
    count: bool = False


class MyTeam(Struct, frozen=True):
    """The caller's team."""

    id: int
    name: str


class MyCompany(Struct, frozen=True, kw_only=True):
    """What a client needs to know of the company to show dates and money."""

    name: str
    time_zone: str
    currency: str
    locale: Locale
    week_start: int


class Me(Struct, frozen=True, kw_only=True):
    """The caller: who he is, what his role reaches, what his token may."""

    id: int
    external_id: str | None
    email: str
    name: str
    role: Role
    reads: Reach
    writes: Reach
    settings: bool
    scopes: list[str]
    team: MyTeam | None
    active: bool
    locale: Locale
    company: MyCompany
    version: int
    created_at: datetime
    updated_at: datetime


class MyFields(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one may change about oneself."""

    name: Name | UnsetType = UNSET
    locale: Locale | UnsetType = UNSET


class Team(Struct, frozen=True, kw_only=True):
    """A team; `heads` are those who lead it besides the heads that are its members."""

    id: int
    external_id: str | None
    name: str
    heads: list[int]
    version: int
    created_at: datetime
    updated_at: datetime


class Teams(Struct, frozen=True, kw_only=True):
    """A page of teams."""

    items: list[Team]
    next_cursor: str | None
    total: int | UnsetType = UNSET


class TeamFields(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The writable fields of a team; `heads` replaces all that there are."""

    name: Name | UnsetType = UNSET
    heads: Annotated[list[Id], Meta(max_length=100)] | UnsetType = UNSET
    external_id: ExternalId | None | UnsetType = UNSET


class TeamCreate(TeamFields, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new team."""

    name: Name


class TeamFilters(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Filters, sort and paging of the list of teams."""

    external_id: ExternalId | None = None
    updated_since: Instant | None = None
    sort: Annotated[str, sorted_by("id", "created_at", "updated_at")] = "id"
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[str, Meta(max_length=1000)] | None = None
    count: bool = False


class RoleOut(Struct, frozen=True, kw_only=True):
    """A role: how far its holders read and write, and whether they may change settings."""

    key: Role
    name: str
    reads: Reach
    writes: Reach
    settings: bool


class Roles(Struct, frozen=True):
    """All roles."""

    items: list[RoleOut]
    next_cursor: str | None


class Token(Struct, frozen=True, kw_only=True):
    """An API token without its secret, of which only a hash is stored."""

    id: int
    user_id: int
    name: str
    prefix: str
    scopes: list[Scope]
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    version: int
    created_at: datetime


class NewToken(Token, frozen=True, kw_only=True):
    """A token just made; `token` is the secret, shown this once (null in a replayed answer)."""

    token: str | None


class Tokens(Struct, frozen=True, kw_only=True):
    """A page of tokens."""

    items: list[Token]
    next_cursor: str | None
    total: int | UnsetType = UNSET


class TokenCreate(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new token for oneself, or by an admin for another; without `expires_at` it stays."""

    name: Name
    scopes: Annotated[list[Scope], Meta(min_length=1, max_length=20)]
    user_id: Id | UnsetType = UNSET
    expires_at: Instant | None = None


class TokenFilters(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Filters, sort and paging of the list of tokens; `active` ones still open the door."""

    user_id: Id | None = None
    active: bool | None = None
    sort: Annotated[str, sorted_by("id", "created_at")] = "id"
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[str, Meta(max_length=1000)] | None = None
    count: bool = False
