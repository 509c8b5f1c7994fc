"""The log of requests: one line each, with what it was and who called, and nobody's data."""

import json
import logging
from collections.abc import Iterator

import pytest

from backend.commands import logs
from tests.office import Office

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def _put_back() -> Iterator[None]:
    root = logging.getLogger()
    kept, level = root.handlers[:], root.level
    yield
    root.handlers[:] = kept
    root.setLevel(level)


async def test_a_request_leaves_one_line(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    anna = await office.person("anna")
    logs.configure("info")
    nasty = "Ivan\r\n\x1b[31m"
    made = await anna.post(
        "/leads", {"title": nasty, "phone": "555", "contact_name": "Ivan"}, X_Request_Id="r-1"
    )
    await anna.get("/leads", q="Ivan")
    await anna.get(f"/leads/{10**9}")
    anna.http.headers["authorization"] = "Bearer vk_stolen"
    await anna.get("/leads")
    err = capsys.readouterr().err
    lines = [json.loads(line) for line in err.splitlines()]
    assert [line["message"] for line in lines] == ["request"] * 4
    assert "Ivan" not in err
    assert "555" not in err
    assert "vk_" not in err
    assert anna.token not in err
    first = lines[0]
    assert (first["request_id"], made.headers["x-request-id"]) == ("r-1", "r-1")
    assert (first["method"], first["route"]) == ("POST", "/api/v1/leads")
    assert first["status"] == made.status_code
    assert (first["user_id"], first["token_id"] is None) == (anna.id, False)
    assert first["ms"] > 0
    assert lines[2]["route"] == "/api/v1/leads/{record_id}"
    assert (lines[3]["status"], lines[3]["user_id"]) == (401, None)


async def test_what_is_written_meanwhile_names_the_request(
    office: Office, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = await office.person("anna")
    logs.configure("info")

    async def fail(*_: object) -> None:
        raise RuntimeError("of ivan@example.com")

    monkeypatch.setattr("backend.routes.call.Call.read", fail)
    assert (await anna.get("/leads")).status_code == 500
    failed, request = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert failed["request_id"] == request["request_id"] != ""
    assert failed["level"] == "error"
    assert failed["error"].startswith("RuntimeError")
    assert "ivan" not in json.dumps(failed)
    assert request["status"] == 500


async def test_the_level_decides(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    anna = await office.person("anna")
    logs.configure("warning")
    await anna.get("/leads")
    assert capsys.readouterr().err == ""
