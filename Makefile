# Penstock: `make demo` runs it, `make test` proves it. `make help` lists the rest.
.DEFAULT_GOAL := help
SHELL := /bin/bash

# Debian's own Python starts Airflow faster than a build of pyenv's.
PYTHON ?= $(firstword $(wildcard /usr/bin/python3.11) $(shell command -v python3.11) python3)
VENV := .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help install demo down test chaos lint fmt lock env test-compose bench bench-api clean

help: ## List what there is to make
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

install: $(BIN)/.installed ## Make .venv from the lock

$(BIN)/.installed: requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' \
		|| { echo "Penstock needs Python 3.11; found $$($(PYTHON) --version). Set PYTHON=..."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) \
		|| { echo "On Debian: apt-get install python3.11-venv"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --requirement requirements.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@

demo: install ## Run the whole thing: Airflow, sample files, a mart
	@$(BIN)/penstock demo

down: ## Stop all that demo started
	@test ! -x $(BIN)/penstock || $(BIN)/penstock down

test: install test-servers ## The whole test suite, on real Postgres, Airflow and dbt
	@$(BIN)/python -m pytest tests/unit tests/integration tests/chaos --numprocesses=2 --dist=loadfile
	@$(BIN)/python -m pytest tests/e2e

# A server older than the embedded one, to hold the promise "any Postgres from 15 on".
.PHONY: test-servers
test-servers:
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 \
		|| { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y postgresql; } >/dev/null

chaos: install ## Kill loaders and Postgres 300 times at random; everything must add up
	@PENSTOCK_CHAOS_KILLS=300 $(BIN)/python -m pytest tests/chaos --timeout=3600

lint: install ## ruff, mypy, sqlfluff
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/sqlfluff lint --processes 1 dbt_project/models

fmt: install ## Format Python and SQL
	@$(BIN)/ruff check --fix-only . ; $(BIN)/ruff format .
	@$(BIN)/sqlfluff fix --processes 1 dbt_project/models

lock: install ## Lock requirements.in into requirements.txt
	@$(BIN)/uv pip compile --quiet --python-version 3.11 requirements.in --output-file requirements.txt

env: ## Write .env with fresh secrets for docker compose
	@bash docker/write-env.sh

test-compose: install ## Build and start the containers, and follow a file into the mart
	@bash tests/compose/images.sh
	@$(BIN)/python -m pytest tests/compose/checks.py --timeout=1800

bench: install .venv-bench/.installed ## Penstock beside bare COPY, pandas, ADBC, dlt, Spark and pgloader
	@.venv-bench/bin/python -m bench.run

bench-api: install .venv-bench/.installed ## The API under load, beside FastAPI's least and the old way
	@.venv-bench/bin/python -m bench.api.run

.venv-bench/.installed: bench/requirements.txt
	@$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python .venv-bench
	@$(BIN)/uv pip install --quiet --python .venv-bench/bin/python --requirement $<
	@touch $@

clean: down ## Stop, then delete .venv and .penstock
	@rm -rf $(VENV) .penstock
