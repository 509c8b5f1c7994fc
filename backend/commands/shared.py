"""What several commands need: settings, talk on stderr, the database's address."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import click

from backend import clock
from backend import settings as house
from backend.db import migrate
from backend.db.engines import open_database
from backend.db.session import Unit, unit
from backend.embedded import datadir

T = TypeVar("T")


def settings() -> house.Settings:
    """The settings from the environment and the .env file of the working directory."""
    return house.load(os.environ, Path(".env"))


def say(text: str) -> None:
    """Talk to the operator; stdout is kept for what a command makes."""
    click.echo(text, err=True)


def database(given: house.Settings) -> str:
    """The database's address; the embedded one gets its directory first."""
    if given.database_url is None:
        datadir.prepare(given.data_dir)
    return given.database


def current() -> str:
    """The address of a database that is up to date; SettingsError where it is behind."""
    url = database(settings())
    if migrate.pending(url):
        raise house.SettingsError(
            "The database is behind this version: run `voronka migrate` first"
        )
    return url


def perform(work: Callable[[Unit], Awaitable[T]]) -> T:
    """Do a piece of work in the database, beside a running product or without one."""
    url = current()

    async def whole() -> T:
        opened = open_database(url)
        try:
            return await unit(opened, clock.now, work)
        finally:
            await opened.dispose()

    return asyncio.run(whole())
