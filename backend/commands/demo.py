"""`voronka demo`: a company that never was, to look around in."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import click

from backend import clock
from backend.commands import shared
from backend.db import migrate
from backend.db.engines import open_database
from backend.db.revisions import Behind
from backend.demo.bring import Brought, bring
from backend.embedded import wish
from backend.errors import Conflict
from backend.settings import Settings

KINDS = {"lead": "leads", "offer": "offers", "deal": "deals", "renewal": "renewals"}
NAMES = {
    "team": "teams", "client": "clients", "contact": "contacts", "product": "products",
    "agreement": "agreements", "task": "tasks",
}  # fmt: skip


@click.command()
@click.option("--wished", is_flag=True, hidden=True, help="Only where `voronka run` was asked to.")
def command(wished: bool) -> None:
    """Bring a realistic company into an empty database: two teams, their clients, and eighteen
    months of leads, offers, deals and renewals that end today. Its people cannot sign in until
    they are given a password."""
    given = shared.settings()
    if wished:
        _beside(given.data_dir)
    else:
        _tell(_made(given, wished))


def _beside(data_dir: Path) -> None:
    """What `voronka run` asks for: whoever works in the product goes first."""
    os.nice(10)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # the draft is cleared away
    if not wish.made(data_dir):
        return
    try:
        _tell(_made(shared.settings(), True))
    except Conflict as refusal:
        shared.say(f"No demo: {refusal.message}")
    wish.granted(data_dir)


def _made(given: Settings, wished: bool) -> Brought:
    url = shared.database(given)
    if not migrate.current(url):
        migrate.upgrade(url)
    if migrate.pending(url):
        raise Behind
    return asyncio.run(_bring(url, wished))


async def _bring(url: str, wished: bool) -> Brought:
    database = open_database(url)
    try:
        return await bring(database, clock.now(), untouched=wished)
    finally:
        await database.dispose()


def _tell(brought: Brought) -> None:
    records = ", ".join(
        f"{number} {NAMES[n]}" for n, number in brought.records.items() if n in NAMES
    )
    shared.say(f"The demo is in: {records}")
    for kind, name in KINDS.items():
        states = brought.cards.get(kind, {})
        told = ", ".join(f"{number} {state}" for state, number in states.items())
        shared.say(f"  {sum(states.values())} {name}: {told}")
    shared.say("Its people cannot sign in until `voronka user password` gives them one.")
    shared.say("To begin anew: stop the product and set VORONKA_DATA_DIR to a new directory.")
