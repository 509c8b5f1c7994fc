"""A served product: fuzzed for some seconds, and sent what is too much or too odd."""

import http.client
import os
import posixpath
from pathlib import Path

import pytest

from tests.faults.plant import Part, plant
from tests.fuzz.served import fuzz, populate
from tests.launchers import valkey as queues

SHORT = ("--phases", "examples", "--seed", "1")
SECONDS = ("3", "120")  # a busy machine needs the first of them to read the contract


def test_the_contract_holds_for_some_seconds(
    fresh_url: str, valkey: queues.Server, tmp_path: Path
) -> None:
    """`make fuzz` is the long form of it."""
    token = populate(fresh_url)
    with plant(fresh_url, valkey.url, tmp_path) as place:
        for seconds in SECONDS:
            figures = fuzz(place, token, *SHORT, "--max-time", seconds)
            if figures.calls > 10:
                break
    assert figures.failures == {}, figures.words
    assert figures.broken == 0, figures.words
    assert figures.calls > 10, figures.words
    assert figures.statuses.get("200", 0) > 0, "nothing was hit"


def resident(server: Part, what: str = "VmRSS") -> float:
    """Megabytes of a process in memory now, or at most (`VmHWM`) since `forget_peak`."""
    status = Path(f"/proc/{server.child.pid}/status").read_text()
    return int(status.split(f"{what}:")[1].split()[0]) / 1024


def worked(server: Part) -> float:
    """Seconds of work of a process so far: what others do on the machine is not counted."""
    told = Path(f"/proc/{server.child.pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def forget_peak(server: Part) -> None:
    Path(f"/proc/{server.child.pid}/clear_refs").write_text("5")


JSON = "application/json"
PARTS = "multipart/form-data; boundary=x"
PART = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
TOO_MUCH: dict[str, tuple[str, str, bytes, int]] = {
    "an unknown field": ("/leads", JSON, b'{"title": "a", "nonsense": 1}', 400),
    "a key twice": ("/leads", JSON, b'{"title": "a", "title": "b"}', 400),
    "a form": ("/leads", "application/x-www-form-urlencoded", b"title=a", 415),
    "NaN": ("/leads", JSON, b'{"title": "a", "amount": NaN}', 400),
    "1e400": ("/leads", JSON, b'{"title": "a", "amount": 1e400}', 400),
    "1,000 levels": ("/leads", JSON, b'{"custom": ' * 1000 + b"1" + b"}" * 1000, 400),
    "1,000 brackets": ("/leads", JSON, b"[" * 1000, 400),
    "11 MB": ("/leads", JSON, b'{"title": "' + b"a" * 11_000_000 + b'"}', 413),
    "2,000 parts": ("/leads", PARTS, PART * 2000 + b"--x--", 415),
    "2,000 parts of a form": ("../../sign-in", PARTS, PART * 2000 + b"--x--", 400),
    "10,000 parameters": ("/leads?" + "&".join(f"a{n}=1" for n in range(10_000)), JSON, b"", 400),
    "10,000 times one": ("/deals?" + "&".join(["limit=1"] * 10_000), JSON, b"", 400),
}


def called(server: Part, token: str, name: str) -> int:
    """The status of a call; a server may close the door on what is too large."""
    path, media, body, _ = TOO_MUCH[name]
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": media}
    method = "POST" if body else "GET"
    try:
        connection.putrequest(method, posixpath.normpath(f"/api/v1/{path}"))
        for key, value in {**headers, "Content-Length": str(len(body))}.items():
            connection.putheader(key, value)
        connection.endheaders()
        for start in range(0, len(body), 65536):
            try:
                connection.send(body[start : start + 65536])
            except OSError:
                break
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize("dialect", ["sqlite"])  # nothing of this reaches a database
def test_what_is_too_much_is_refused_at_once(
    fresh_url: str, valkey: queues.Server, tmp_path: Path
) -> None:
    """Each with less than a second of work, and all of them in 50 MB."""
    token = populate(fresh_url, whole=False)
    with plant(fresh_url, valkey.url, tmp_path) as place:
        (server,) = place.serve()
        called(server, token, "an unknown field")
        forget_peak(server)
        before, slow = resident(server), {}
        for name, (*_, wanted) in TOO_MUCH.items():
            begun = worked(server)
            status = called(server, token, name)
            slow[name] = worked(server) - begun
            # The server software itself refuses a line of that length, as malformed.
            assert status == wanted or (status == 414 and "10,000" in name), f"{name}: {status}"
        assert max(slow.values()) < 1, slow
        assert resident(server, "VmHWM") - before < 50
