"""`voronka run`: one command, everything up, kept up, and nothing left behind."""

import asyncio
import os
import socket
import sys
import time
from functools import partial
from pathlib import Path
from signal import SIGINT, SIGKILL, SIGTERM

import pytest

from backend.embedded import valkey as private
from backend.settings import Settings
from tests.conftest import TEMPLATE
from tests.embedded.product import MARKS, READY_WITHIN, STOPS_WITHIN, Product, migrated, running
from tests.faults.plant import eventually
from tests.launchers.postgres import Server as PostgresServer
from tests.launchers.valkey import Server as ValkeyServer

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="watches processes through /proc")

LARGEST = 250.0  # MB resident, all processes together


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0] != "Z"
    except OSError:
        return False


def replaced(product: Product, name: str, before: int) -> bool:
    return product.children().get(name, before) != before


def test_a_first_start_and_a_second(tmp_path: Path) -> None:
    """The first makes an administrator and keeps its data alone; the second tells no password."""
    with running(tmp_path) as product:
        assert product.healthy()
        children = product.children()
        assert set(children) == set(MARKS)
        demand_administrator(product)
        data = tmp_path / "voronka-data"
        assert data.stat().st_mode & 0o077 == 0
        assert private.home(Settings(data_dir=data).queue_socket) == data / "queue"
        demand_alone(product)
        assert product.stop(SIGTERM) < STOPS_WITHIN
        assert product.process is not None
        assert product.process.returncode == 0
        assert not any(alive(pid) for pid in children.values())
    with running(tmp_path) as again:
        assert again.file("out").read_text() == ""
        assert "Sign in" not in again.said()


def demand_administrator(product: Product) -> None:
    """Whoever starts it first is told how to sign in; the password is kept nowhere."""
    assert eventually(lambda: product.file("out").read_text().endswith("\n"))
    password = product.file("out").read_text()
    assert password.count("\n") == 1
    assert len(password.strip()) >= 16
    assert "Sign in as admin@" in product.said()
    assert password.strip() not in product.said()
    kept = (product.directory / "voronka-data" / "voronka.db").read_bytes()
    assert password.strip().encode() not in kept


def demand_alone(product: Product) -> None:
    """Another one over the same data is refused, in one line."""
    elsewhere = product.directory / "second"
    elsewhere.mkdir()
    data = product.directory / "voronka-data"
    second = Product(elsewhere, settings={"DATA_DIR": str(data)})
    second.start()
    assert second.process is not None
    assert second.process.wait(READY_WITHIN) != 0
    assert second.said().count("\n") == 1
    assert f"already runs on {data} (process {product.pid})" in second.said()


def test_small_and_kept_alive_and_killed_it_leaves_nothing(
    tmp_path: Path, sqlite_template: Path
) -> None:
    """Whatever dies comes back; killed as a whole it starts again at once."""
    migrated(sqlite_template, tmp_path)
    with running(tmp_path) as product:
        assert set(product.children()) == set(MARKS)
        assert product.resident() < LARGEST
        for name in ("worker", "web", "queue"):
            before = product.children()[name]
            os.kill(before, SIGKILL)
            assert eventually(partial(replaced, product, name, before)), product.said()
        assert eventually(product.healthy)
        assert eventually(lambda: set(product.children()) == set(MARKS))
        children = product.children()
        product.stop(SIGKILL)
        again = Product(tmp_path, product.port)
        again.start()
        try:
            again.await_ready()
            assert not any(alive(pid) for pid in children.values())
            assert again.healthy()
        finally:
            assert again.stop(SIGINT) < STOPS_WITHIN


def test_a_taken_port_is_named_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        product = Product(tmp_path, other.getsockname()[1])
        product.start()
        assert product.process is not None
        assert product.process.wait(READY_WITHIN) == 1
    assert product.said().count("\n") == 1
    assert "set VORONKA_HOST and VORONKA_PORT" in product.said()


def test_stopped_while_it_starts(tmp_path: Path) -> None:
    product = Product(tmp_path)
    product.start()
    assert eventually((tmp_path / "voronka-data" / "secret_key").exists)
    time.sleep(0.1)
    assert product.stop() < STOPS_WITHIN
    assert product.process is not None
    assert product.process.returncode == 0, product.said()


def test_beside_a_postgresql_of_ones_own(tmp_path: Path, postgres: PostgresServer) -> None:
    url = asyncio.run(postgres.create("run", TEMPLATE))
    with running(tmp_path, DATABASE_URL=url, SECRET_KEY="s" * 32) as product:
        assert product.healthy()
        assert set(product.children()) == set(MARKS)
        assert not (tmp_path / "voronka-data" / "voronka.db").exists()
    asyncio.run(postgres.drop("run"))


def test_beside_a_queue_of_ones_own(tmp_path: Path, valkey: ValkeyServer) -> None:
    with running(tmp_path, REDIS_URL=valkey.url, SECRET_KEY="s" * 32) as product:
        assert product.healthy()
        assert set(product.children()) == {"web", "worker"}
        assert (tmp_path / "voronka-data" / "voronka.db").exists()
