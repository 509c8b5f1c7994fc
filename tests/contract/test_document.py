"""What every operation of the contract tells, by its method: parameters, answers, refusals."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from backend.routes.policy import BASE, POLICY, Who
from tests.office import Office, written_contract


@pytest.fixture(scope="module")
def contract() -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(written_contract())
    return found


def calls(contract: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every operation that needs a token: its name, its method, what it tells."""
    for path, methods in contract["paths"].items():
        for method, told in methods.items():
            if POLICY[f"{method.upper()} {path.removeprefix(BASE)}"].who is not Who.PUBLIC:
                yield told["operationId"], method, told


def named(told: dict[str, Any]) -> set[str]:
    """The shared parameters of an operation."""
    return {one["$ref"].rpartition("/")[2] for one in told["parameters"] if "$ref" in one}


# What is no part of the contract: the contract itself, and what machines read.
APART = {"GET /openapi.json", "GET /api/docs", "GET /api/docs.css", "GET /metrics"}


def test_no_route_is_left_out(contract: dict[str, Any]) -> None:
    told = {
        f"{method.upper()} {path.removeprefix(BASE)}"
        for path, methods in contract["paths"].items()
        for method in methods
    }
    assert POLICY.keys() - told <= APART


# What an operation has by its method: shared parameters, and codes that it may answer.
DEMANDED: dict[str, tuple[set[str], set[str]]] = {
    "get": (set(), {"200"}),
    "post": ({"IdempotencyKey"}, {"409", "422"}),
    "put": ({"IfMatchOptional"}, {"200", "201", "409", "412", "413", "415", "422"}),
    "patch": ({"IfMatch"}, {"200", "404", "409", "412", "413", "415", "422", "428"}),
    "delete": ({"IfMatch"}, {"204", "404", "409", "412", "428"}),
}
ALWAYS = {"400", "401", "403", "429", "503"}


def test_parameters_and_answers(contract: dict[str, Any]) -> None:
    wrong = []
    for name, method, told in calls(contract):
        shared, codes = DEMANDED[method]
        if name in ("editMe", "editSettings"):
            codes = codes - {"404"}
        if not named(told) >= shared | {"RequestId"}:
            wrong.append(f"{name}: {shared - named(told)}")
        if not told["responses"].keys() >= codes | ALWAYS:
            wrong.append(f"{name}: {(codes | ALWAYS) - told['responses'].keys()}")
        if ("requestBody" in told) != ({"413", "415"} <= told["responses"].keys()):
            wrong.append(f"{name}: a body and its refusals")
        if "IfMatch" in named(told) and not {"412", "428"} <= told["responses"].keys():
            wrong.append(f"{name}: 412 and 428")
    assert wrong == []


def test_headers_of_answers(contract: dict[str, Any]) -> None:
    wrong = []
    for name, method, told in calls(contract):
        good = {code: answer for code, answer in told["responses"].items() if code < "300"}
        for code, answer in good.items():
            headers = set(answer["headers"])
            expected = {"X-Request-Id"}
            if "application/json" in answer.get("content", {}) and method == "get":
                expected.add("ETag")
            if method == "post":
                expected.add("Idempotent-Replayed")
            if method == "post" and code == "201" and name != "takeLead":
                expected |= {"ETag", "Location"}
            if not headers >= expected:
                wrong.append(f"{name} {code}: {expected - headers}")
        if method == "get" and ("ETag" in str(good)) != ("304" in told["responses"]):
            wrong.append(f"{name}: 304")
    assert wrong == []


def test_refusals_are_problems(contract: dict[str, Any]) -> None:
    told = contract["components"]["responses"]
    assert {code: set(one["content"]) for code, one in told.items()} == {
        code: {"application/problem+json"} for code in told
    }
    assert "WWW-Authenticate" in told["401"]["headers"]
    assert "ETag" in told["412"]["headers"]
    assert "Retry-After" in told["429"]["headers"]
    assert "RateLimit-Limit" in told["429"]["headers"]


def test_scopes_are_those_of_the_policy(contract: dict[str, Any]) -> None:
    for path, methods in contract["paths"].items():
        for method, told in methods.items():
            rule = POLICY[f"{method.upper()} {path.removeprefix(BASE)}"]
            if rule.who is Who.PUBLIC:
                assert "security" not in told
                continue
            assert told["x-scope"] == rule.scope
            assert told["security"] == [{"token": [rule.scope] if rule.scope else []}]


def bounds(schema: Any) -> Iterator[str]:
    """The names of numbers and texts without an end."""
    if isinstance(schema, dict):
        text = schema.get("type") == "string" and not schema.keys() & {"enum", "format", "const"}
        if text and "pattern" not in schema and "maxLength" not in schema:
            yield str(schema)
        if schema.get("type") in ("integer", "number") and "minimum" not in schema:
            yield str(schema)
        for inner in schema.values():
            yield from bounds(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from bounds(inner)


def test_parameters_have_bounds(contract: dict[str, Any]) -> None:
    loose = [
        f"{name} {one['name']}: {found}"
        for name, _, told in calls(contract)
        for one in told["parameters"]
        if "name" in one
        for found in bounds(one["schema"])
    ]
    assert loose == []


@pytest.mark.anyio
async def test_lists_are_sorted_as_they_say(
    office: Office, contract: dict[str, Any], subtests: pytest.Subtests
) -> None:
    """All sorts that are told are taken, and a list with a sort tells which there are."""
    boss = await office.person("boss", "admin")
    pipeline = (await boss.get("/pipelines")).json()["items"][0]["id"]
    for path, methods in contract["paths"].items():
        parameters = methods.get("get", {}).get("parameters", [])
        sorts = [one["schema"] for one in parameters if one.get("name") == "sort"]
        for schema in sorts:
            place = path.removeprefix(BASE).format(record_id=pipeline)
            for sort in schema["enum"]:
                with subtests.test(msg=f"{place} {sort}"):
                    assert (await boss.get(place, sort=sort)).status_code == 200
            assert (await boss.get(place, sort="nothing")).status_code == 400
