"""The REST contract: every route says who may call it, and openapi.json is what the code does."""

import hashlib
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from litestar import Litestar

from tests.office import routes, written_contract

ROOT = Path(__file__).resolve().parents[2]
METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def app() -> Litestar:
    return routes()


@pytest.fixture(scope="module")
def contract() -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(written_contract())
    return found


def operations(contract: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every operation, its parameters written out."""
    shared = contract["components"]["parameters"]
    for path, methods in contract["paths"].items():
        for method, operation in methods.items():
            assert method in METHODS
            named = [
                shared[one["$ref"].rpartition("/")[2]] if "$ref" in one else one
                for one in operation["parameters"]
            ]
            yield f"{method.upper()} {path}", {**operation, "parameters": named}


def test_operations_have_one_name_each(contract: dict[str, Any]) -> None:
    names = Counter(operation["operationId"] for _, operation in operations(contract))
    assert [name for name, count in names.items() if count > 1] == []
    assert [name for name in names if not re.fullmatch(r"[a-z][A-Za-z]+", str(name))] == []


def test_operations_say_what_they_do_and_how_they_refuse(contract: dict[str, Any]) -> None:
    lacking = []
    for name, operation in operations(contract):
        statuses = set(operation["responses"])
        whole = operation.get("summary") and operation.get("tags")
        if not whole or not statuses & {"200", "201", "202", "204"}:
            lacking.append(name)
        if name.split()[1].startswith("/api/") and "security" not in operation:
            lacking.append(f"{name}: security")
        if "security" in operation and not {"401", "403"} <= statuses:
            lacking.append(f"{name}: 401 and 403")
    assert lacking == []


def references(shape: Any) -> Iterator[str]:
    if isinstance(shape, dict):
        if "$ref" in shape:
            yield shape["$ref"]
        for inner in shape.values():
            yield from references(inner)
    elif isinstance(shape, list):
        for inner in shape:
            yield from references(inner)


def test_every_reference_leads_somewhere(contract: dict[str, Any]) -> None:
    dead = []
    for reference in set(references(contract)):
        place: Any = contract
        for step in reference.removeprefix("#/").split("/"):
            place = place.get(step) if isinstance(place, dict) else None
        if place is None:
            dead.append(reference)
    assert dead == []


def test_path_parameters_are_described(contract: dict[str, Any]) -> None:
    wrong = []
    for name, operation in operations(contract):
        described = {one["name"] for one in operation["parameters"] if one["in"] == "path"}
        if described != set(re.findall(r"{(\w+)}", name)):
            wrong.append(name)
        twice = Counter((one["in"], one["name"]) for one in operation["parameters"])
        wrong += [f"{name}: {key}" for key, count in twice.items() if count > 1]
    assert wrong == []


def test_the_file_is_what_the_code_says() -> None:
    same = (ROOT / "openapi.json").read_bytes() == written_contract()
    assert same, "openapi.json is not up to date: run `make openapi`"


def test_the_contract_does_not_hang_on_the_order_of_hashes() -> None:
    """Sets and dictionaries come in another order in every process, as in this one."""
    script = (
        "import sys; from backend.commands.openapi import document; "
        "sys.stdout.buffer.write(document())"
    )
    seen = {hashlib.sha256(written_contract()).hexdigest()}
    made = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, timeout=60,
        env={**os.environ, "PYTHONHASHSEED": "1"},
    )  # fmt: skip
    seen.add(hashlib.sha256(made.stdout).hexdigest())
    assert len(seen) == 1
