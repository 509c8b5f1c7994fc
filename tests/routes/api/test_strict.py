"""What a caller sends is read strictly: bodies and parameters that are wrong, each at its place."""

from typing import Any

import pytest

from backend.routes.api.reports import REPORTS
from tests.factories.cards import new_deal
from tests.office import Office, Person
from tests.routes.api.test_problems import problem, sent

pytestmark = pytest.mark.anyio


@pytest.fixture
async def anna(office: Office) -> Person:
    return await office.person("anna")


BODIES: dict[str, tuple[Any, str | None]] = {
    "nothing": (b"", "/"),
    "an array": (b"[]", "/"),
    "null": (b"null", "/"),
    "a text": (b'"x"', "/"),
    "half an object": (b'{"title": "a"', None),
    "two objects": (b'{"title": "a"} {}', None),
    "a comment": (b'/* x */ {"title": "a"}', None),
    "a byte order mark": (b'\xef\xbb\xbf{"title": "a"}', None),
    "Latin-1": (b'{"title": "\xff"}', None),
    "half a surrogate pair": (b'{"title": "\\ud800"}', None),
    "NUL, escaped": (b'{"title": "a\\u0000b"}', None),
    "NUL, raw": (b'{"title": "a\x00b"}', None),
    "the same key twice": (b'{"title": "a", "title": "b"}', "/title"),
    "the same key twice, spelt differently": (b'{"title": "a", "t\\u0069tle": "b"}', "/title"),
    "NaN": (b'{"title": "a", "amount": NaN}', None),
    "Infinity": (b'{"title": "a", "amount": -Infinity}', None),
    "2,000 brackets": (b"[" * 2000, None),
    "33 levels": (b'{"custom": ' * 33 + b"1" + b"}" * 33, None),
    "5,000 digits": (b'{"title": "a", "client_id": ' + b"9" * 5000 + b"}", None),
    "an unknown field": (b'{"title": "a", "nonsense": 1}', "/nonsense"),
    "a missing field": (b"{}", "/title"),
    "a field of PATCH that is another's": (b'{"title": "a", "stage_id": 1}', "/stage_id"),
    "a text for an id": (b'{"title": "a", "client_id": "1"}', "/client_id"),
    "a fraction for an id": (b'{"title": "a", "client_id": 1.0}', "/client_id"),
    "a boolean for an id": (b'{"title": "a", "client_id": true}', "/client_id"),
    "an id beyond 53 bits": (b'{"title": "a", "client_id": 9007199254740993}', "/client_id"),
    "an id of nothing": (b'{"title": "a", "client_id": 0}', "/client_id"),
    "null for a title": (b'{"title": null}', "/title"),
    "a blank title": (b'{"title": " \\t "}', "/title"),
    "a long title": (b'{"title": "' + b"a" * 256 + b'"}', "/title"),
    "a word for a date": (b'{"title": "a", "expected_close_on": "soon"}', "/expected_close_on"),
    "30 February": (b'{"title": "a", "expected_close_on": "2026-02-30"}', "/expected_close_on"),
    "an instant for a date": (
        b'{"title": "a", "expected_close_on": "2026-02-03T00:00:00Z"}', "/expected_close_on",
    ),
    "an instant without a zone": (
        b'{"title": "a", "next_contact_at": "2026-02-03T00:00:00"}', "/next_contact_at",
    ),
    "a day outside the calendar": (
        b'{"title": "a", "next_contact_at": "0001-01-01T00:00:00+14:00"}', "/next_contact_at",
    ),
    "money in words": (b'{"title": "a", "amount": "a lot"}', "/amount"),
    "half a kopek": (b'{"title": "a", "amount": "1.005"}', "/amount"),
    "1e400": (b'{"title": "a", "amount": 1e400}', "/amount"),
    "an underscore in a number": (b'{"title": "a", "amount": "1_000"}', "/amount"),
    "a number in Arabic digits": ('{"title": "a", "amount": "١٢"}'.encode(), "/amount"),
    "an exponent in a text": (b'{"title": "a", "amount": "1e3"}', "/amount"),
    "a blank before a number": (b'{"title": "a", "amount": " 1"}', "/amount"),
    "no digit after the point": (b'{"title": "a", "amount": "1."}', "/amount"),
    "NaN in a text": (b'{"title": "a", "amount": "NaN"}', "/amount"),
    "an underscore in a line": (
        b'{"title": "a", "product_lines": [{"product_id": 1, "quantity": "1_0"}]}',
        "/product_lines/0/quantity",
    ),
    "a key twice in a line": (
        b'{"title": "a", "product_lines": [{}, {"price": 1, "unit": "x", "price": 1}]}',
        "/product_lines/1/price",
    ),
    "a key twice in what is given twice": (
        b'{"title": "a", "custom": {"x": 1, "x": 2}, "custom": {}}', "/custom",
    ),
    "a key with a slash twice": (b'{"title": "a", "custom": {"a/~": 1, "a/~": 2}}',
                                 "/custom/a~1~0"),
    "an unknown field with a slash": (b'{"title": "a", "a/~": 1}', "/a~1~0"),
    "two lines in a title": (b'{"title": "a\\nb"}', "/title"),
    "a tab in a title": (b'{"title": "a\\tb"}', "/title"),
    "a bell in a title": (b'{"title": "a\\u0007b"}', "/title"),
    "DEL in a title": (b'{"title": "a\x7fb"}', "/title"),
    "a title written backwards": ('{"title": "a\u202eb"}'.encode(), "/title"),
    "a title that is isolated": (b'{"title": "a\\u2066b"}', "/title"),
    "a tab in a field's name": (b'{"title": "a", "custom": {"a\\tb": 1}}', "/custom"),
    "a custom text written backwards": (
        '{"title": "a", "custom": {"x": "a\u202eb"}}'.encode(), "/custom/x",
    ),
    "a currency of nowhere": (b'{"title": "a", "currency": "ZZZ"}', "/currency"),
    "a line's wrong price": (
        b'{"title": "a", "product_lines": [{"product_id": 1}, {"product_id": 1, "price": "x"}]}',
        "/product_lines/1/price",
    ),
    "a line's unknown field": (
        b'{"title": "a", "product_lines": [{"product_id": 1, "x": 1}]}', "/product_lines/0/x",
    ),
    "a list in a custom field": (b'{"title": "a", "custom": {"a": [1]}}', "/custom"),
}  # fmt: skip


async def test_bodies(office: Office, anna: Person, subtests: pytest.Subtests) -> None:
    before = await office.counts()
    for name, (body, pointer) in BODIES.items():
        with subtests.test(msg=name):
            told = problem(await sent(anna, body), 400, "bad_request")
            pointers = [item["pointer"] for item in told.get("errors", [])]
            assert pointers == ([pointer] if pointer else [])
    assert await office.counts() == before


async def test_the_fields_of_a_move_are_a_part_of_its_body(office: Office, anna: Person) -> None:
    """They are read before the card is looked for, and before anything is said of its version."""
    deal = await new_deal(anna, client_id=await office.client(anna))
    for wrong, pointer in (
        ({"fields": {"nonsense": 1}}, "/fields/nonsense"), ({"next_period": "P0D"}, "/next_period"),
    ):  # fmt: skip
        for card_id, version in ((deal["id"], None), (deal["id"], 99), (999_999, 1)):
            body = {"stage": "offer", **wrong}
            told = problem(
                await anna.post(f"/deals/{card_id}/move", body, version), 400, "bad_request"
            )
            assert [item["pointer"] for item in told["errors"]] == [pointer]


async def test_what_is_none_of_a_few_is_told_which_there_are(anna: Person) -> None:
    said = {"temperature": "tepid", "title": "a"}
    for reply, pointer, told in (
        (await anna.post("/leads", said), "/temperature", "'tepid'; there are: cold, hot, warm"),
        (await anna.get("/leads", state="asleep"), "/state",
         "'asleep'; there are: lost, open, waiting, won"),
    ):  # fmt: skip
        detail = f"Invalid enum value {told}"
        errors = problem(reply, 400, "bad_request")["errors"]
        assert errors == [{"pointer": pointer, "detail": detail}]


QUERIES = [
    "nonsense=1", "limit=0", "limit=201", "limit=x", "limit=1&limit=2", "limit=", "sort=nonsense",
    "sort=--amount", "sort=title", "cursor=nonsense", "cursor=", "state=asleep", "owner_id=1.5",
    "owner_id=0", f"owner_id={10**20}", "created_from=2026-13-01", "created_from=",
    "q=%00", "q=" + "a" * 201,
    "updated_since=2026-01-01", "updated_since=2026-01-01T00:00:00",
    "updated_since=0001-01-01T00:00:00%2B05:00", "amount_min=x", "amount_min=NaN",
    "amount_max=1e400", "amount_min=1e16", "amount_min=1_000", "amount_min=%D9%A1", "count=maybe",
    "limit=1e1", "limit=1.0", "limit=null", "owner_id=null", "stale=null",
    "updated_since=1767225600", "created_from=null", "q=a%0Ab", "q=a%E2%80%AEb", "source=a%09b",
    "stale=2", "stage=" + "a" * 65,
    "expected_close_on=2026-01-01",
]  # fmt: skip


async def test_parameters(anna: Person, subtests: pytest.Subtests) -> None:
    for query in QUERIES:
        with subtests.test(msg=query):
            problem(await anna.http.get(f"/deals?{query}"), 400, "bad_request")


async def test_a_period_that_ends_before_it_begins(anna: Person) -> None:
    """No report answers it with nothing, as if nothing had happened."""
    paths = {path for one in REPORTS for path in one.paths}
    for path in [*(f"/reports{path}" for path in paths), "/renewals/activation-preview"]:
        found = await anna.get(path, **{"from": "2026-02-02", "to": "2026-02-01"})
        told = problem(found, 400, "bad_request")
        assert told["errors"] == [{"pointer": "/to", "detail": "`to` lies before `from`"}], path


ENDS = [
    "created_to=9999-12-31", "created_from=0001-01-01", "closed_from=9999-12-31",
    "closed_to=0001-01-01",
]  # fmt: skip


async def test_the_ends_of_the_calendar(office: Office, anna: Person) -> None:
    """A day after or before all others is a plain day of a filter."""
    await new_deal(anna, client_id=await office.client(anna))
    for path in ("/deals", "/clients", "/tasks"):
        names = {"/deals": ENDS, "/clients": ENDS[:2], "/tasks": ["due_to=9999-12-31"]}[path]
        for query in names:
            reply = await anna.http.get(f"{path}?{query}")
            expected = 1 if "created" in query else 0
            assert (reply.status_code, len(reply.json()["items"])) == (200, expected), query
    for query in ("to=9999-12-31", "from=0001-01-01", "as_of=9999-12-31"):
        reply = await anna.http.get(f"/reports/funnel?pipeline=sales&{query}")
        assert (reply.status_code, reply.json()["entered"]) == (200, 1), reply.text


async def test_texts_of_several_lines(office: Office, anna: Person) -> None:
    body = {"title": "a", "need": "one\r\n\ttwo", "custom": {"notes": "one\ntwo"}}
    made = (await anna.post("/leads", body)).json()
    assert {name: made[name] for name in body} == body


async def test_numbers_that_are_no_ids_find_nothing(anna: Person) -> None:
    for digits in ("9" * 60, "9" * 19, "٣"):
        for name in ("pipeline", "stage"):
            reply = await anna.get("/deals", **{name: digits})
            assert (reply.status_code, reply.json()["items"]) == (200, [])
