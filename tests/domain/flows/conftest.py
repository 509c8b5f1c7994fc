"""What tests of imports share: an importer into the database, a small folder to import."""

from pathlib import Path

import pytest

from tests.domain.flows import maven
from tests.domain.flows.maven import Importing
from tests.held import HeldDatabase

SAMPLE = {"Won": 4, "Lost": 3, "Engaging": 2, "Prospecting": 2}


@pytest.fixture
def importing(database: HeldDatabase) -> Importing:
    return Importing(database)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return maven.slice_of(tmp_path, maven.some(SAMPLE))
