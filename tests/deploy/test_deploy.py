"""What lies in deploy/ names only what the product has, and its scripts do what they say."""

import importlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from backend import cli
from backend.db import migrate
from backend.routes.metrics import GAUGES
from backend.settings import PARSERS, PREFIX, Rate, load

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
FILES = [path for path in sorted(DEPLOY.rglob("*")) if path.is_file() and path.name != ".env"]
COUNTED = {
    "voronka_pool_waiters", "voronka_stale_writes_total", "voronka_requests_total",
    "voronka_request_seconds",
}  # fmt: skip


def test_every_setting_that_is_named_exists() -> None:
    known = {PREFIX + name.upper() for name in PARSERS}
    for file in FILES:
        assert set(re.findall(r"VORONKA_[A-Z_]+[A-Z]", file.read_text())) <= known, file


def test_every_command_that_is_named_exists() -> None:
    named = set()
    for file in FILES:
        text = file.read_text()
        named |= set(re.findall(r'(?:bin/voronka|"\$voronka"|`voronka|-1 voronka) ([a-z]+)', text))
        if file.name == "Dockerfile":
            named |= set(re.findall(r'CMD \["([a-z]+)"\]', text))
    assert {"serve", "worker", "migrate", "doctor", "backup", "restore", "user"} <= named
    assert named <= set(cli.COMMANDS)


def test_the_example_of_settings_is_read() -> None:
    given = {}
    for line in (DEPLOY / "voronka.env.example").read_text().splitlines():
        if line and line[0] != "#":
            name, _, value = line.partition("=")
            given[name] = value
    assert given["VORONKA_SECRET_KEY"] == ""  # nobody runs with a secret that is published
    settings = load({**given, "VORONKA_SECRET_KEY": "0f1e2d3c4b5a69788796a5b4c3d2e1f0"}, None)
    settings.demand_production()
    assert settings.rate_limit == Rate(600, 60)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_the_units_are_well_formed(tmp_path: Path) -> None:
    for unit in UNITS:
        text = re.sub(r"(?m)^ExecStart=\S+", f"ExecStart={sys.executable}", unit.read_text())
        (tmp_path / unit.name).write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *map(str, sorted(tmp_path.iterdir()))],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    ours = [line for line in done.stderr.splitlines() if "voronka" in line]
    assert ours == []


def test_what_the_target_wants_are_instances_of_units() -> None:
    target = (DEPLOY / "systemd" / "voronka.target").read_text()
    wanted = re.findall(r"(voronka-\w+@)\w+\.service", target)
    assert len(wanted) == 4
    assert {f"{name}.service" for name in wanted} <= {unit.name for unit in UNITS}


def composed() -> Any:
    yaml: Any = pytest.importorskip("yaml")
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


def test_the_compose_file() -> None:
    services = composed()["services"]
    inside = {"host", "port", "data_dir"}  # the image's own
    given = set(services["migrate"]["environment"])
    assert given == {PREFIX + name.upper() for name in PARSERS if name not in inside}
    assert set(services) == {
        "postgres", "valkey", "migrate", "web-1", "web-2", "worker-1", "worker-2",
    }  # fmt: skip
    ours = {name: one for name, one in services.items() if one.get("image") == "voronka"}
    assert {one["command"][0] for one in ours.values()} == {"migrate", "serve", "worker"}
    for name, one in ours.items():
        assert one["build"]["dockerfile"] == "deploy/Dockerfile"
        assert (DEPLOY / one["build"]["context"] / one["build"]["dockerfile"]).is_file()
        assert set(one["depends_on"]) <= set(services)
        assert ("migrate" in one["depends_on"]) is (name != "migrate")
        assert one["environment"] is ours["migrate"]["environment"] or (
            one["environment"] == ours["migrate"]["environment"]
        )
    ports = [port for one in services.values() for port in one.get("ports", ())]
    assert ports == ["127.0.0.1:8001:8000", "127.0.0.1:8002:8000"]
    volumes = {mount.split(":")[0] for one in services.values() for mount in one["volumes"]}
    assert volumes == set(composed()["volumes"])


def test_the_image_is_installed_from_the_lock_file() -> None:
    text = (DEPLOY / "Dockerfile").read_text()
    assert text.count("uv sync --locked --no-dev") == 2
    assert "USER voronka" in text
    copied = re.findall(r"(?m)^COPY (?!--from)(.+) \S+$", text)
    assert all((ROOT / name).exists() for line in copied for name in line.split())


def test_every_alert_looks_at_a_figure_that_there_is() -> None:
    yaml: Any = pytest.importorskip("yaml")
    rules = yaml.safe_load((DEPLOY / "alerts.yaml").read_text())["groups"][0]["rules"]
    named = {name for rule in rules for name in re.findall(r"voronka_\w+", rule["expr"])}
    known = {name for name, *_ in GAUGES} | COUNTED
    assert named <= known
    told = importlib.import_module("backend.routes.metrics").__file__
    assert all(name in Path(str(told)).read_text() for name in COUNTED)


def script(
    name: str, directory: Path, *words: str, **given: str
) -> "subprocess.CompletedProcess[str]":
    environ = {name: value for name, value in os.environ.items() if "VORONKA" not in name}
    environ |= {f"VORONKA_{name}": value for name, value in given.items()}
    environ["PATH"] = f"{Path(sys.executable).parent}:{environ['PATH']}"
    return subprocess.run(
        ["sh", str(DEPLOY / name), *words], cwd=directory, env=environ, capture_output=True,
        text=True, check=False, timeout=120,
    )  # fmt: skip


def test_the_scripts(tmp_path: Path, sqlite_template: Path) -> None:
    assert all(os.access(DEPLOY / name, os.X_OK) for name in ("backup.sh", "restore.sh"))
    kept, data = tmp_path / "kept", str(tmp_path / "data")
    os.mkdir(data)
    shutil.copy(sqlite_template, f"{data}/voronka.db")
    kept.mkdir()
    for hour in range(3):
        (kept / f"voronka-2026010{hour}T000000Z.backup").touch()
    done = script("backup.sh", tmp_path, str(kept), "2", DATA_DIR=data)
    assert done.returncode == 0, done.stderr
    left = sorted(one.name for one in kept.iterdir())
    assert (len(left), left[0]) == (2, "voronka-20260102T000000Z.backup")
    new = str(kept / left[1])
    done = script("restore.sh", tmp_path, new, DATA_DIR=str(tmp_path / "other"))
    assert done.returncode == 0, done.stderr
    assert "ok     migrations" in done.stdout
    assert migrate.pending(f"sqlite+aiosqlite:///{tmp_path}/other/voronka.db") == []
