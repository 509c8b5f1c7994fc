"""What the fuzzer is told about this product: ids that hit, its own doors kept open, our checks."""

import atexit
import os
import re
from collections import Counter
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import schemathesis
from schemathesis import GenerationMode

MEMBERS = {"type", "title", "status", "detail", "instance"}
# Records made by the story have low ids; most generated ones would find nothing.
KNOWN = 40
LARGEST = 2**53  # what is larger is wrong on purpose
# The caller himself and his token are not to be locked out by what he calls.
CALLER = 900_001

STATUSES: Counter[str] = Counter()
NUMBERS = count(1)

# Why data that keep to the schema may be malformed all the same: what no schema can say.
REASONS = {
    r"cursor": "a cursor is made by the list alone",
    r"leave `as_of` out|has a period before it|Only offers are sent": "a report reads its fields"
    " together",
    r"have a direction|says something": "what an activity says hangs on its kind",
    r"(needs a|has no) `|by one of the two|no record has": "what an action needs hangs on its type",
    r"s have no \w+; they have|is no state, stage or condition": "what is looked at hangs on it",
    r"framework contract has no": "a framework contract has no terms, and no fields of them",
    r"there is no day|named as a working day|days off of each year": "days are read as a calendar",
    r"does not reach back": "the calendar begins with the year 1",
    r"for a user who is deactivated": "a hand-over goes with leaving alone",
    r"send exactly one of": "one of several decisions is to be given",
    r"more than 0": "the schema of a decimal knows no limits",
    r"is not the ISO 4217 code": "the schema says three letters, not which",
    r"decimals|can(not)? be stored|too large|negative": "digits and limits hang on the field",
    r"between 0 and 100|0 to 100": "a decimal in a string has no limits that a schema can say",
    r"calendar|out of range|no day and no instant": "an instant may leave the calendar in UTC",
    r"names another external_id": "the address and the body name one record twice",
    r"hangs on one card|not both|about a card or a client": "one of several fields is to be given",
    r"one or the other|is the total of its lines": "one field rules the other out",
    r"is not a time zone": "the schema says a text, not which places there are",
    r"is needed (without|for|unless)|lies before|is needed$|form is empty": "one hangs on another",
    r"a new .* needs": "the schema of a PUT says what merges, not what making needs besides",
    r"months at most": "a period is two days, and its length hangs on both",
    r"counted from an instant": "minutes or days: what an offset may be hangs on the anchor",
    r"has room for \d+ characters": "how long a text may be hangs on the kind of action",
    r"by the command line alone": "the schema says a day, not which has come",
    r"longer than nothing": "a period may be P0D as a lead time alone",
    r"his own double": "two ids are to be different",
    r"offer hangs on the deal|comes from the agreement": "what stands above has it already",
    r"^Expected `int.+got `float`": "a whole number with a point is one to the schema alone",
    r"^If-Match is a version": "an empty header names no version",
    r"character NUL|must not contain": "the fields of a move are its kind's",
}


@schemathesis.check
def stated_refusal(ctx: Any, response: Any, case: Any) -> None:
    """A refusal is a whole problem; a 400 to good data has one of the stated reasons."""
    if response.status_code < 400:
        return
    assert response.headers["content-type"][0].startswith("application/problem+json")
    problem = response.json()
    assert set(problem) >= MEMBERS, f"a problem lacks {MEMBERS - set(problem)}"
    assert problem["status"] == response.status_code
    told = response.text
    assert not re.search(r"Traceback|SELECT |INSERT |\.py\b|site-packages", told), told
    if response.status_code == 400 and _is_good(case):
        assert any(re.search(reason, problem["detail"]) for reason in REASONS), told


def _is_good(case: Any) -> bool:
    meta = case.meta
    return meta is not None and meta.generation.mode is GenerationMode.POSITIVE


@schemathesis.hook
def map_path_parameters(ctx: Any, path_parameters: dict[str, Any]) -> dict[str, Any]:
    """Most ids are those of records that there are."""
    for name, value in (path_parameters or {}).items():
        if name.endswith("_id") and isinstance(value, int) and 0 < value <= LARGEST and value % 4:
            path_parameters[name] = value % KNOWN + 1
    return path_parameters


@schemathesis.hook
def map_body(ctx: Any, body: Any) -> Any:
    return _hitting(body)


def _hitting(value: Any) -> Any:
    if isinstance(value, list):
        return [_hitting(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {name: _hit(name, one) for name, one in value.items()}


def _hit(name: str, value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool) and name.endswith("_id"):
        return value % KNOWN + 1 if 0 < value <= LARGEST and value % 4 else value
    return _hitting(value)


@schemathesis.hook
def before_call(ctx: Any, case: Any, kwargs: Any) -> None:
    """The caller keeps his token and his rights; without If-Match no stored answer is asked for.

    A key is looked up before the version is (by the contract), so the stored answer of an equal
    call would be given to one that lacks If-Match.
    """
    params = case.path_parameters or {}
    own = case.path.startswith(("/api/v1/tokens/{", "/api/v1/users/{record"))
    if own and params.get("record_id") == CALLER:
        params["record_id"] = CALLER + 1
    for name, value in list(case.headers.items()):  # some come from fields of other answers
        case.headers[name] = str(value)
    if "If-Match" not in case.headers and 0 < len(case.headers.get("Idempotency-Key") or "") < 200:
        case.headers["Idempotency-Key"] += str(next(NUMBERS))


@schemathesis.hook
def after_call(ctx: Any, case: Any, response: Any) -> None:
    STATUSES[str(response.status_code)] += 1


@atexit.register
def told() -> None:
    """Leave the counted statuses where whoever started the fuzzer wants them."""
    Path(os.environ["FUZZ_TALLY"]).write_bytes(msgspec.json.encode(STATUSES))
