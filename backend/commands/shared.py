"""What several commands need: settings, talk on stderr, the database's address."""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from backend import settings as house
from backend.embedded import datadir


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


@contextmanager
def importing() -> Iterator[None]:
    """Import something large: nothing of it is garbage, so nobody looks for any, then or later."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
