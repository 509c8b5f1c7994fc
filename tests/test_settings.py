"""Settings: where they come from, and one sentence for each that is wrong."""

from pathlib import Path

import pytest

from backend.settings import Rate, Settings, SettingsError, load

SECRET = "s" * 32


def test_with_nothing_given_the_embedded_default_is_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load({}, tmp_path / ".env")
    assert settings.embedded
    assert settings.host == "127.0.0.1"
    assert settings.port == 8000
    assert settings.data_dir == tmp_path / "voronka-data"
    assert settings.database == f"sqlite+aiosqlite:///{tmp_path}/voronka-data/voronka.db"
    assert settings.queue == f"unix://{settings.queue_socket}"
    assert settings.secret_key is None
    settings.demand_production()


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("VORONKA_PORT=9001\nVORONKA_HOST=0.0.0.0\nVORONKA_LOG_LEVEL=${HOME}info\n")
    with pytest.raises(SettingsError, match="VORONKA_LOG_LEVEL must be debug"):
        load({}, file)
    settings = load({"VORONKA_PORT": "9002", "VORONKA_LOG_LEVEL": "INFO"}, file)
    assert (settings.host, settings.port, settings.log_level) == ("0.0.0.0", 9002, "info")


def test_an_empty_value_is_no_value() -> None:
    assert load({"VORONKA_REDIS_URL": " "}, None).embedded


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("DATABASE_URL", "postgresql://u@h/d", "must name the driver: write postgresql+asyncpg://"),
        ("DATABASE_URL", "postgres://u@h/d", "must name the driver"),
        ("DATABASE_URL", "postgresql+asyncpg://u:p/#@h:a/d", "has 'a' for a port, which must be"),
        ("REDIS_URL", "redis://[::1]:70000/0", "has '70000' for a port, which must be a number"),
        ("DATABASE_URL", "mysql://u@h/d", "must be postgresql+asyncpg://"),
        ("DATABASE_URL", "sqlite+aiosqlite://", "must be postgresql+asyncpg://"),
        ("REDIS_URL", "localhost:6379", "must begin with redis://"),
        ("PORT", "0", "must be a number from 1 to 65535"),
        ("PORT", "٣", "must be a number from 1 to 65535"),
        ("PORT", "65536", "must be a number from 1 to 65535"),
        ("SECRET_KEY", "short", "is shorter than 32 bytes"),
        ("RATE_LIMIT", "600", "must be requests/seconds within a day, for example 600/60"),
        ("RATE_LIMIT", "600/86401", "must be requests/seconds within a day"),
        ("RATE_LIMIT", "0/60", "must be requests/seconds"),
        ("INTAKE_LIMIT", "60/0", "must be requests/seconds"),
        ("SMTP_URL", "mail.example.com", "must be smtp://host:587 or smtps://"),
        ("MAIL_FROM", "Sales", "must be an address"),
        ("TRUSTED_PROXIES", "proxy.example", "must list addresses or networks"),
        ("LOG_LEVEL", "loud", "must be debug, info, warning or error"),
        ("DATA_DIR", "/srv/what?", "must not contain"),
    ],
)
def test_a_wrong_value_is_named_with_what_to_do(name: str, value: str, sentence: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        load({f"VORONKA_{name}": value}, None)
    assert str(refusal.value).startswith(f"VORONKA_{name} {sentence}")
    assert "\n" not in str(refusal.value)


def test_a_secret_is_never_repeated() -> None:
    with pytest.raises(SettingsError) as refusal:
        load({"VORONKA_SECRET_KEY": "hunter2"}, None)
    assert "hunter2" not in str(refusal.value)


def test_a_slip_in_a_name_does_not_start_an_empty_database() -> None:
    with pytest.raises(SettingsError, match="did you mean VORONKA_DATABASE_URL"):
        load({"VORONKA_DATABSE_URL": "postgresql+asyncpg://h/d"}, None)
    assert load({"VORONKA_TOKEN": "of a script"}, None).embedded


@pytest.mark.parametrize(
    "given",
    [
        {"VORONKA_DATABASE_URL": "postgresql+asyncpg://u:p@h/d"},
        {"VORONKA_REDIS_URL": "rediss://h/1"},
        {"VORONKA_DATABASE_URL": "sqlite+aiosqlite:////srv/voronka.db"},
    ],
)
def test_servers_of_ones_own_demand_a_secret(given: dict[str, str]) -> None:
    settings = load(given, None)
    assert not settings.embedded
    with pytest.raises(SettingsError, match="VORONKA_SECRET_KEY is needed"):
        settings.demand_production()
    load({**given, "VORONKA_SECRET_KEY": SECRET}, None).demand_production()


def test_the_generated_secret_is_found_by_every_command(tmp_path: Path) -> None:
    (tmp_path / "secret_key").write_text(SECRET + "\n")
    given = {"VORONKA_DATA_DIR": str(tmp_path)}
    assert load(given, None).secret_key == SECRET
    mixed = load({**given, "VORONKA_REDIS_URL": "redis://h"}, None)
    assert mixed.secret_key is None


@pytest.mark.parametrize("name", ["x" * 120, "с пробелом"])
def test_a_socket_with_a_long_or_odd_path_moves_to_a_short_one(tmp_path: Path, name: str) -> None:
    plain = Settings(data_dir=Path("/srv/voronka")).queue_socket
    assert plain == Path("/srv/voronka/valkey.sock")
    moved = Settings(data_dir=tmp_path / name).queue_socket
    assert len(bytes(moved)) < 100
    assert moved == Settings(data_dir=tmp_path / name).queue_socket
    assert moved != Settings(data_dir=tmp_path / (name + "2")).queue_socket


def test_rates_and_proxies() -> None:
    given = {"VORONKA_RATE_LIMIT": "600/60", "VORONKA_TRUSTED_PROXIES": "127.0.0.1, 10.0.0.0/8,"}
    settings = load(given, None)
    assert (settings.rate_limit, settings.intake_limit) == (Rate(600, 60), Rate(60, 60))
    assert settings.trusted_proxies == "127.0.0.1,10.0.0.0/8"
    assert load({}, None).rate_limit is None
    assert load({}, None).trusted_proxies == ""
