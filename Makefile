# Penstock: `make demo` runs it, `make test` proves it. `make help` lists the rest.
.DEFAULT_GOAL := help
SHELL := /bin/bash

# PYTHON=... names the Python of .venv; without it, tools/make-venv.sh finds one.
UV := $(shell sed -n 's/^required-version = "==\([^"]*\)".*/\1/p' pyproject.toml)
CYCLONEDX := 7.5.0
VENV := .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Compiled once, not by each of the hundreds of processes that Airflow and the tests start.
unexport PYTHONDONTWRITEBYTECODE
# A company's proxy may use certificates of its own: uv trusts those that the machine trusts.
export UV_SYSTEM_CERTS ?= 1

.PHONY: help install demo down test test-pages screenshots test-long chaos lint fmt lock docs env pin-images sbom test-compose bench bench-api bench-files clean

help: ## List what there is to make
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

install: $(BIN)/.installed ## Make .venv from the lock

$(BIN)/.installed: requirements.txt requirements-dev.txt pyproject.toml
	@bash tools/make-venv.sh $(VENV) $(UV) $(PYTHON)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV)
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes \
		--requirement requirements.txt --requirement requirements-dev.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@

demo: install ## Run the whole thing: Airflow, sample files, a mart
	@$(BIN)/penstock demo

down: ## Stop all that demo started
	@test ! -x $(BIN)/penstock || $(BIN)/penstock down

# Three workers for two cores: tests/e2e, which starts first, mostly waits.
test: install test-programs ## The whole test suite; installs Debian's postgresql and chromium where they are missing
	@$(BIN)/python -m pytest tests/e2e tests/chaos tests/integration tests/pages tests/fuzz tests/files tests/unit \
		--numprocesses=3 --dist=loadscope

# Every page in every look, with data and without, alone and in Airflow; the screenshots stay in test-output/.
test-pages: install test-programs ## All tests of the pages in a real browser; make test has a short form
	@PENSTOCK_TEST_PAGES=all $(BIN)/python -m pytest tests/pages tests/e2e/test_pages.py --numprocesses=2 --dist=loadscope

screenshots: install test-programs ## Make the screenshots in docs/images/pages anew
	@rm -rf test-output/pages
	@PENSTOCK_TEST_PAGES=all $(BIN)/python -m pytest tests/pages/test_every_page.py tests/e2e/test_pages.py \
		-k "with_data and light or navigation" --numprocesses=2 --dist=loadscope
	@$(BIN)/python -m tools.screenshots

# A server older than the embedded one, to hold the promise "any Postgres from 15 on"; a browser.
.PHONY: test-programs
test-programs:
	@missing=""; \
	ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="postgresql"; \
	command -v chromium >/dev/null || missing="$$missing chromium"; \
	if test -z "$$missing"; then exit; fi; \
	echo "the tests need Debian's $$missing: installing by apt"; \
	{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y $$missing; } >/dev/null

chaos: install ## 300 kills, then 1,000 faults at random on the whole system; everything must add up
	@PENSTOCK_CHAOS_KILLS=300 $(BIN)/python -m pytest tests/chaos/test_kills.py
	@$(BIN)/python -m pytest tests/chaos/system.py --capture=no

FUZZ_FILES ?= 10000
test-long: install ## The package installed alone, 10,000 random files, 300 faults, 10 histories of the marts
	@$(BIN)/python -m pytest tests/package
	@PENSTOCK_FUZZ_FILES=$(FUZZ_FILES) PENSTOCK_CHAOS_FAULTS=300 PENSTOCK_SEQUENCES=10 \
		$(BIN)/python -m pytest tests/fuzz tests/chaos/test_mix.py \
		tests/integration/marts/test_random_sequences.py --capture=no

lint: install ## ruff, mypy, sqlfluff
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/sqlfluff lint --processes 1 dbt_project

fmt: install ## Format Python and SQL
	@$(BIN)/ruff check --fix-only . ; $(BIN)/ruff format .
	@$(BIN)/sqlfluff fix --processes 1 dbt_project

# Universal: one lock for every supported Python, Linux and macOS, x86-64 and arm64.
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes

lock: install ## Lock the dependencies that pyproject.toml declares, with hashes
	@$(LOCK) pyproject.toml --output-file requirements.txt
	@$(LOCK) --constraint requirements.txt --group test --group lint --group docs \
		--output-file requirements-dev.txt
	@$(LOCK) --group bench --output-file bench/requirements.txt

docs: install docs/reference/ledger.md ## Build the documentation site into site/; it works offline
	@$(BIN)/python -m tools.reference
	@$(BIN)/zensical build --strict

# From a Postgres that is made for it, so only when a migration is newer.
docs/reference/ledger.md: tools/reference/ledger.py $(wildcard include/penstock/schema/migrations/versions/*.py)
	@$(BIN)/python -m tools.reference ledger

env: ## Write .env with fresh secrets for docker compose
	@bash docker/write-env.sh

pin-images: ## Write the digests of Postgres' and Debian's images into .env
	@bash docker/pin-images.sh

sbom: $(BIN)/.installed ## Write sbom.json, the software bill of materials (CycloneDX)
	@$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python .venv-sbom
	@$(BIN)/uv pip install --quiet --python .venv-sbom/bin/python cyclonedx-bom==$(CYCLONEDX)
	@PYTHONWARNINGS=ignore .venv-sbom/bin/cyclonedx-py requirements requirements.txt --pyproject pyproject.toml \
		--output-reproducible --output-file sbom.json
	@echo "sbom.json: what requirements.txt locks, each with its hashes"

test-compose: install ## Build and start the containers, and follow a file into the mart
	@bash tests/compose/images.sh
	@$(BIN)/python -m pytest tests/compose/checks.py --timeout=1800

bench: install .venv-bench/.installed ## Penstock beside bare COPY, pandas, ADBC, dlt, Spark and pgloader
	@.venv-bench/bin/python -m bench.run

bench-api: install .venv-bench/.installed ## The API under load, beside FastAPI's least and the old way
	@.venv-bench/bin/python -m bench.api.run

BENCH_FILES := $(or $(PENSTOCK_HOME),.penstock)/bench/files
bench-files: install .venv-bench/.installed ## What other tools make of the files of docs/files.md
	@rm -rf $(BENCH_FILES)
	@$(BIN)/python -m tests.files.export $(BENCH_FILES)
	@.venv-bench/bin/python -m bench.files.run $(BENCH_FILES)

.venv-bench/.installed: bench/requirements.txt
	@$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python .venv-bench
	@$(BIN)/uv pip install --quiet --python .venv-bench/bin/python --require-hashes --requirement $<
	@touch $@

clean: down ## Stop, then delete .venv and .penstock
	@rm -rf $(VENV) .penstock
