"""Every operation has an example, made by a real call, that keeps to the contract."""

from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import msgspec
import pytest

from backend.routes.openapi import EXAMPLES
from tests.contract import __main__ as making
from tests.contract.teller import Example, encoded
from tests.office import written_contract

SENT = {"path": "path", "query": "query", "headers": "header"}


@pytest.fixture(scope="module")
def contract() -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(written_contract())
    return found


@pytest.fixture(scope="module")
def examples() -> dict[str, Example]:
    found: dict[str, Example] = msgspec.json.decode(EXAMPLES.read_bytes())
    return found


def operations(contract: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for methods in contract["paths"].values():
        for operation in methods.values():
            yield operation["operationId"], operation


def resolved(contract: dict[str, Any], parameter: dict[str, Any]) -> dict[str, Any]:
    name = parameter.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = contract["components"]["parameters"][name] if name else parameter
    return found


def test_every_operation_has_an_example(
    contract: dict[str, Any], examples: dict[str, Example]
) -> None:
    names = {name for name, _ in operations(contract)}
    missing, gone = sorted(names - examples.keys()), sorted(examples.keys() - names)
    assert not missing, f"call these in tests/contract/story.py, then `make openapi`: {missing}"
    assert not gone, f"these are no operations any more, `make openapi`: {gone}"


@pytest.mark.anyio
@pytest.mark.parametrize("dialect", ["sqlite"])  # they are made once
async def test_the_examples_are_what_the_product_does(
    contract: dict[str, Any], fresh_url: str
) -> None:
    told = await making.recorded(fresh_url, contract)
    same = encoded(told) == EXAMPLES.read_bytes()
    assert same, "the product answers otherwise than in its examples: run `make openapi`"


def test_examples_keep_to_their_schemas(
    contract: dict[str, Any], examples: dict[str, Example]
) -> None:
    schemas, values = {}, {}
    for name, operation in operations(contract):
        for place, schema, value in _parts(contract, operation, examples.get(name, {})):
            schemas[f"{name} {place}"], values[f"{name} {place}"] = schema, value
    # All in one: what they refer to is then compiled once.
    whole = {"properties": schemas, "components": contract["components"]}
    checker = jsonschema_rs.validator_for(whole, validate_formats=True)
    assert len(values) > len(examples)
    assert [f"{error.instance_path[0]}: {error}" for error in checker.iter_errors(values)] == []


def _parts(
    contract: dict[str, Any], operation: dict[str, Any], example: Example
) -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Each part of an example with the schema that is told for it."""
    known = {
        (one["in"], one["name"]): one["schema"]
        for one in (resolved(contract, each) for each in operation["parameters"])
    }
    for part, place in SENT.items():
        for key, value in example.get(part, {}).items():
            schema = known[place, key]
            yield f"{part}.{key}", schema, value == "true" if _is_bool(schema) else value
    if "body" in example:
        yield "body", _json(operation["requestBody"]), example["body"]
    good = next(answer for code, answer in operation["responses"].items() if code < "300")
    if "answer" in example:
        yield "answer", _json(good), example["answer"]


def _is_bool(schema: dict[str, Any]) -> bool:
    return schema.get("type") == "boolean"


def _json(part: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = part["content"]["application/json"]["schema"]
    return schema
