"""Settings: read once from the environment and a .env file, checked, never changed."""

import difflib
import hashlib
import os
import re
import tempfile
from collections.abc import Callable, Mapping
from email.errors import MessageError
from email.headerregistry import Address
from email.utils import parseaddr
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
from dotenv import dotenv_values

PREFIX = "VORONKA_"
SECRET_BYTES = 32
SECRET_FILE = "secret_key"
# The kernel allows 108 bytes for a socket's path (104 on macOS), the final NUL included.
SOCKET_PATH_LIMIT = 100


class SettingsError(Exception):
    """A setting is wrong; the message is one plain sentence that says what to do."""


class Rate(msgspec.Struct, frozen=True):
    """So many requests within so many seconds, whichever seconds these are."""

    count: int
    seconds: int


INTAKE = Rate(60, 60)
DAY = 86_400  # seconds: the longest span that requests are counted in


class Settings(msgspec.Struct, frozen=True):
    """What the operator decides. With no address given the embedded default is meant."""

    database_url: str | None = None
    redis_url: str | None = None
    data_dir: Path = Path("voronka-data")
    secret_key: str | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    log_level: str = "info"
    trusted_proxies: str = ""
    rate_limit: Rate | None = None
    intake_limit: Rate = INTAKE
    smtp_url: str | None = None
    mail_from: str | None = None

    @property
    def embedded(self) -> bool:
        """Whether everything is ours to start: neither database nor queue was given."""
        return self.database_url is None and self.redis_url is None

    @property
    def database(self) -> str:
        """The database's address: the given one, else a file in the data directory."""
        return self.database_url or f"sqlite+aiosqlite:///{self.data_dir / 'voronka.db'}"

    @property
    def queue_socket(self) -> Path:
        """Where the private Valkey listens; every command finds it by the data directory alone."""
        near = self.data_dir / "valkey.sock"
        if len(os.fsencode(near)) < SOCKET_PATH_LIMIT and re.fullmatch(r"[\w./~-]+", str(near)):
            return near
        digest = hashlib.sha256(os.fsencode(self.data_dir)).hexdigest()[:16]
        return Path(tempfile.gettempdir(), f"voronka-{os.getuid()}", f"{digest}.sock")

    @property
    def queue(self) -> str:
        """The queue's address: the given one, else the private Valkey's socket."""
        return self.redis_url or f"unix://{self.queue_socket}"

    def demand_a_sender(self) -> None:
        """Refuse a mail server without a sender, and a sender without a mail server."""
        if (self.smtp_url is None) != (self.mail_from is None):
            raise SettingsError(
                "VORONKA_SMTP_URL and VORONKA_MAIL_FROM go together: give both, or neither and no"
                " letters are sent"
            )

    def demand_production(self) -> None:
        """Refuse to start on shared servers with a missing secret."""
        if not self.embedded and self.secret_key is None:
            raise SettingsError(
                "VORONKA_SECRET_KEY is needed when VORONKA_DATABASE_URL or VORONKA_REDIS_URL is"
                " given: make one with `openssl rand -hex 32` and use it for every process"
            )


def _demand_a_port(url: str) -> None:
    """As the drivers read it: a password may hold whatever else parts an address."""
    found = re.match(r"[^:]+://(?:[^@]*@)?(?:\[[^\]]*\]|[^:/?]*)(?::([^/?]*))?", url)
    if found is not None and found[1]:
        try:
            _port(found[1])
        except ValueError as error:
            raise ValueError(f"has {found[1]!r} for a port, which {error}") from None


def _database_url(value: str) -> str:
    if value.startswith(("postgresql://", "postgres://")):
        raise ValueError("must name the driver: write postgresql+asyncpg:// before the host")
    _demand_a_port(value)
    if re.match(r"sqlite\+aiosqlite:///[^?]", value) or value.startswith("postgresql+asyncpg://"):
        return value
    raise ValueError(
        "must be postgresql+asyncpg://user:password@host/name or sqlite+aiosqlite:///file"
    )


def _redis_url(value: str) -> str:
    if value.startswith(("redis://", "rediss://", "unix:///")):
        _demand_a_port(value)
        return value
    raise ValueError("must begin with redis://, rediss:// or unix:///")


def _data_dir(value: str) -> Path:
    if set("?#%") & set(value):
        raise ValueError("must not contain ?, # or %: choose another directory")
    return Path(value).expanduser().absolute()


def _secret_key(value: str) -> str:
    if len(value.encode()) < SECRET_BYTES:
        raise ValueError(
            f"is shorter than {SECRET_BYTES} bytes: make one with `openssl rand -hex 32`"
        )
    return value


def _port(value: str) -> int:
    if value.isascii() and value.isdigit() and 0 < int(value) < 65536:
        return int(value)
    raise ValueError("must be a number from 1 to 65535")


def _log_level(value: str) -> str:
    if value.lower() in ("debug", "info", "warning", "error"):
        return value.lower()
    raise ValueError("must be debug, info, warning or error")


def _rate(value: str) -> Rate:
    found = re.fullmatch(r"([1-9][0-9]{0,5})/([1-9][0-9]{0,4})", value)
    if found is None or int(found[2]) > DAY:
        raise ValueError("must be requests/seconds within a day, for example 600/60")
    return Rate(int(found[1]), int(found[2]))


def _proxies(value: str) -> str:
    named = [part.strip() for part in value.split(",") if part.strip()]
    for part in named:
        try:
            ip_network(part, strict=False)
        except ValueError:
            raise ValueError(
                "must list addresses or networks, for example 127.0.0.1,10.0.0.0/8"
            ) from None
    return ",".join(named)


def _smtp_url(value: str) -> str:
    found = urlsplit(value)
    if found.scheme in ("smtp", "smtps") and found.hostname and not found.path.strip("/"):
        return value
    raise ValueError("must be smtp://host:587 or smtps://user:password@host, without a path")


def _mail_from(value: str) -> str:
    name, address = parseaddr(value)
    try:
        Address(name, addr_spec=address)
    except (MessageError, ValueError, IndexError):
        address = ""
    if address.count("@") == 1 and value.isprintable():
        return value
    raise ValueError("must be an address, for example Sales <sales@example.com>")


PARSERS: dict[str, Callable[[str], Any]] = {
    "database_url": _database_url,
    "redis_url": _redis_url,
    "data_dir": _data_dir,
    "secret_key": _secret_key,
    "host": str,
    "port": _port,
    "log_level": _log_level,
    "trusted_proxies": _proxies,
    "rate_limit": _rate,
    "intake_limit": _rate,
    "smtp_url": _smtp_url,
    "mail_from": _mail_from,
}


def load(environ: Mapping[str, str], dotenv: Path | None) -> Settings:
    """The settings of this process; the environment wins over the file."""
    given = {**_file(dotenv), **environ}
    _refuse_misspelt(given)
    values: dict[str, Any] = {"data_dir": _data_dir("voronka-data")}
    for field, parse in PARSERS.items():
        name = PREFIX + field.upper()
        if raw := given.get(name, "").strip():
            try:
                values[field] = parse(raw)
            except ValueError as error:
                raise SettingsError(f"{name} {error}") from None
    settings = Settings(**values)
    settings.demand_a_sender()
    if settings.embedded and settings.secret_key is None:
        return msgspec.structs.replace(settings, secret_key=_generated_secret(settings.data_dir))
    return settings


def _file(path: Path | None) -> dict[str, str]:
    if path is None or not path.is_file():
        return {}
    try:
        values = dotenv_values(path, interpolate=False)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from None
    return {name: value for name, value in values.items() if value is not None}


def _refuse_misspelt(given: Mapping[str, str]) -> None:
    """A slip in a name would start the embedded default beside the real database."""
    known = [PREFIX + field.upper() for field in PARSERS]
    for name in given:
        if name.startswith(PREFIX) and name not in known:
            meant = difflib.get_close_matches(name, known, n=1, cutoff=0.85)
            if meant:
                raise SettingsError(f"{name} is not a setting: did you mean {meant[0]}?")


def _generated_secret(data_dir: Path) -> str | None:
    """What `voronka run` left in the data directory, if it has run there before."""
    try:
        return (data_dir / SECRET_FILE).read_text().strip() or None
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SettingsError(
            f"{data_dir / SECRET_FILE} cannot be read ({error.strerror}): set VORONKA_DATA_DIR to a"
            " directory of yours"
        ) from None
