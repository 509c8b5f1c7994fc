"""What is there when the play begins: sellers, products, clients with their people."""

import random
from datetime import datetime
from decimal import Decimal
from typing import Any

from msgspec import structs

from backend.db.session import Unit
from backend.demo import cast
from backend.demo.play import Patron, Play, Seller
from backend.domain.access import Viewer
from backend.domain.catalog import actions as catalog
from backend.domain.catalog.schemas import ProductCreate
from backend.domain.clients import actions as clients
from backend.domain.clients.schemas import ClientCreate
from backend.domain.contacts import actions as contacts
from backend.domain.contacts.schemas import ContactCreate
from backend.domain.users import actions as users
from backend.domain.users.schemas import TeamCreate, UserCreate
from backend.domain.users.teams import actions as teams

HOST = "voronka.example"


async def hire(tx: Unit, play: Play) -> None:
    """Two teams with a head each, and their sellers; none of them has a password."""
    worker = play.worker
    houses = [await teams.create_team(tx, worker, TeamCreate(name=name)) for name in cast.TEAMS]
    heads: dict[int, Viewer] = {}
    for habit in cast.PEOPLE:
        given = UserCreate(
            email=f"{habit.email}@{HOST}", name=habit.name, role=habit.role,  # type: ignore[arg-type]
            team_id=houses[habit.team], locale="ru" if habit.name[0] > "z" else "en",
        )  # fmt: skip
        user_id = await users.create_user(tx, worker, given)
        # He does what is his own: what he may see need not be looked up each time.
        viewer = structs.replace(
            worker, user_id=user_id, name=habit.name, role=habit.role, actor="user",
            settings=False, locale=given.locale,
        )  # fmt: skip
        if habit.role == "head":
            heads[habit.team] = viewer
        else:
            play.sellers[user_id] = Seller(habit, viewer, heads[habit.team])


async def stock(tx: Unit, play: Play) -> None:
    """What is sold."""
    for ware in cast.WARES:
        given = ProductCreate(
            name=ware.name, sku=ware.sku, unit=ware.unit, price=Decimal(ware.price),
            cost=Decimal(ware.cost), vat_rate=cast.VAT, period=ware.period,
            replenishment=ware.how,  # type: ignore[arg-type]
        )  # fmt: skip
        play.wares[ware.sku] = await catalog.create(tx, play.worker, given)


def seller(play: Play) -> Seller:
    """Whoever gets the next enquiry."""
    everybody = list(play.sellers.values())
    return play.chance.choices(everybody, [one.habit.share for one in everybody])[0]


def firm(chance: random.Random) -> tuple[str, bool]:
    """The name of a company, and whether it is abroad."""
    if chance.random() < 0.16:
        number = chance.randint(2, 60)
        ending = ("Ltd", "GmbH", "Ltd", "Inc.")[number % 4]
        return f"{chance.choice(cast.ABROAD)} {ending}", True
    form, name = chance.choice(cast.KINDS_OF_FIRM), chance.choice(cast.FIRMS)
    if form == "ИП":
        first, second = chance.choice("АВДЕИКМНОПС"), chance.choice("АВГДНПС")
        return f"ИП {_family(chance, False)} {first}. {second}.", False
    quoted = name if "«" in name else f"«{name}»"
    return f"{form} {quoted}, {chance.choice(cast.TOWNS)}", False


def _family(chance: random.Random, woman: bool) -> str:
    return chance.choice(cast.FAMILIES) + ("а" if woman else "")


def person(chance: random.Random, abroad: bool) -> tuple[str, str]:
    """The name of a person, and what he or she does there."""
    if abroad:
        name = f"{chance.choice(cast.FIRST_ABROAD)} {chance.choice(cast.LAST_ABROAD)}"
        return name, chance.choice(cast.POSTS_ABROAD)
    woman = chance.random() < 0.5
    first = chance.choice(cast.WOMEN if woman else cast.MEN)
    return f"{first} {_family(chance, woman)}", chance.choice(cast.POSTS)


def phone(chance: random.Random, abroad: bool) -> str:
    number = chance.randint(1_000_000, 9_999_999)
    if abroad:
        return f"+44 20 {number // 1000:04d} {number % 10_000:04d}"
    last = f"{number // 100 % 100:02d}-{number % 100:02d}"
    return f"+7 9{chance.randint(10, 99)} {number // 10_000:03d}-{last}"


async def meet(
    tx: Unit, play: Play, owner: Seller, name: str, abroad: bool, contact: str | None = None
) -> Patron:
    """A new client with one to three people."""
    chance = play.chance
    values: dict[str, Any] = {
        "name": name, "owner_id": owner.id, "phone": phone(chance, abroad),
        "source": play.pick(cast.SOURCES), "preferred_channel": chance.choice(cast.CHANNELS),
        "tax_id": None if abroad else str(chance.randint(5_000_000_000, 7_899_999_999)),
    }  # fmt: skip
    if play.happens(0.4):
        values["segment"] = play.pick(cast.SEGMENTS)
    client_id = await clients.create(tx, owner.viewer, ClientCreate(**values))
    people = []
    for number in range(chance.choice((1, 1, 2, 2, 3))):
        known, post = person(chance, abroad)
        given = ContactCreate(
            client_id=client_id, name=(contact or known) if number == 0 else known, job_title=post,
            phone=phone(chance, abroad), email=f"client{client_id}.{number + 1}@mail.example",
            is_primary=number == 0, preferred_channel=chance.choice(cast.CHANNELS),
        )  # fmt: skip
        people.append(await contacts.create(tx, owner.viewer, given))
    found = Patron(client_id, name, tuple(people), abroad)
    play.patrons[client_id] = found
    return found


def working_days(begins: datetime, ends: datetime) -> int:
    """How long a play is."""
    return (ends - begins).days
