"""What is served as it is: under addresses that change with it, packed, unedited, small."""

import gzip
import hashlib
import tomllib

import pytest

from backend.routes.web.static import FOLDER, address, assets
from tests.office import Office
from tests.routes.web.person import Browser

pytestmark = pytest.mark.anyio

VENDOR = tomllib.loads((FOLDER / "vendor" / "VENDOR.toml").read_text())
VERSIONS = {"htmx.org": "4.0.1", "sortablejs": "1.15.7"}


async def test_files_are_kept_for_ever_under_their_own_address(office: Office) -> None:
    browser = Browser(office)
    for name, asset in assets().items():
        reply = await browser.get(address(name))
        assert (reply.status_code, reply.content) == (200, asset.body)
        assert reply.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert reply.headers["content-encoding"] == "gzip"
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert reply.headers.get("set-cookie") is None
    types = {address(name).rpartition(".")[2]: asset.media for name, asset in assets().items()}
    assert types == {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
    whole = await browser.get(address("app.css"), Accept_Encoding="identity")
    assert "content-encoding" not in whole.headers


async def test_an_older_address_serves_what_is_there_now(office: Office) -> None:
    reply = await Browser(office).get("/s/00000000/app.css")
    assert (reply.status_code, reply.content) == (200, assets()["app.css"].body)
    assert reply.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["none.css", "../app.css", "%2e%2e/%2e%2e/app.py", "vendor"])
async def test_nothing_else_is_served(office: Office, path: str) -> None:
    assert (await Browser(office).get(f"/s/00000000/{path}")).status_code == 404


def test_what_others_wrote_is_as_they_published_it() -> None:
    scripts = {file.name for file in (FOLDER / "vendor").glob("*.js")}
    assert scripts == set(VENDOR)
    for name, told in VENDOR.items():
        body = (FOLDER / "vendor" / name).read_bytes()
        assert hashlib.sha256(body).hexdigest() == told["sha256"], name
        assert told["version"] == VERSIONS[told["package"]]
        assert (FOLDER / "vendor" / told["licence_text"]).read_text().strip()


def test_styles_and_scripts_stay_small() -> None:
    """Gzipped, as they travel: the styles, the scripts of any page, those of a board."""

    def packed(*names: str) -> int:
        return sum(len(gzip.compress(assets()[name].body, 9)) for name in names)

    everywhere = ("app.js", "vendor/htmx.min.js")
    board = (
        *everywhere, "board.js", "board-keys.js", "vendor/hx-sse.min.js", "vendor/Sortable.min.js"
    )  # fmt: skip
    assert packed("app.css", "board.css") <= 10_240
    assert packed(*everywhere) <= 18 * 1024
    assert packed(*board) <= 40 * 1024
