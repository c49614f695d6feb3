# Every target sets up what it needs by itself: Python 3.11 or newer is all that must be there.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory
# Where byte code may not be kept, each of the many processes that tests start compiles everything again.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
JOBS ?= 3
UV := uv==0.13.9
LOCK_VENV := build/lock
COMPILE := $(LOCK_VENV)/bin/uv pip compile --no-config --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-header $(UPGRADE) pyproject.toml

.PHONY: help setup demo demo-once test check format-check lint types imports generated \
	soak bench docs generate format lock clean

help: ## List the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

setup: ## Make .venv from the hash-locked requirements (the other targets do it by themselves).
	@sh .ci/setup.sh

demo: setup ## Watch a company's page speak through its people on LinkedIn and X; Ctrl-C ends it.
	@$(BIN)/chappe demo

demo-once: setup ## The same run without a person: exits 0 when everything has arrived.
	@$(BIN)/chappe demo --once

test: setup ## Run the tests, those that take long first; JOBS=N on N processes: more than cores, since many tests wait.
	@echo "Running the tests on $(JOBS) processes."
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder -m "not soak" $(PYTEST)

check: format-check lint types imports generated test ## Run every check: format, lint, types, imports, generated files, tests, docs.
	@echo "Every check has passed."

format-check: setup
	@echo "Checking the format."
	@$(BIN)/ruff format --check --output-format concise . || { echo "Some files are not formatted: make format."; exit 1; }

lint: setup
	@echo "Checking with ruff."
	@$(BIN)/ruff check --quiet --output-format concise . || { echo "ruff refuses something: see above; make format mends what it can."; exit 1; }

types: setup
	@echo "Checking types with mypy."
	@$(BIN)/mypy --no-error-summary || { echo "mypy refuses something: see above."; exit 1; }

imports: setup
	@echo "Checking that imports go down."
	@report=$$($(BIN)/lint-imports 2>&1) || { \
		printf '%s\n' "$$report"; echo "An import crosses a floor or a room: see above."; exit 1; }

generated: setup
	@echo "Checking that generated files are as their sources say."
	@$(BIN)/python -m docs.generate --check

soak: setup ## Run the long tests: more kills, more load; they take a while.
	@echo "Running the long tests."
	@$(BIN)/python -m pytest -m soak --timeout 3600 $(PYTEST) || { \
		status=$$?; [ $$status -eq 5 ] && echo "There are none." || exit $$status; }

bench: setup ## Measure, each figure against its yardstick of the same run.
	@$(BIN)/python -m bench

docs: generate ## Write the generated docs and check every page.
	@echo "Checking the docs."
	@$(BIN)/python -m pytest tests/docs $(PYTEST)

generate: setup ## Write the generated files again.
	@$(BIN)/python -m docs.generate

format: setup ## Format, and mend what ruff can mend.
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

lock: ## Lock the requirements again (UPGRADE=--upgrade takes newer versions).
	@echo "Getting $(UV) into a private environment."
	@test -x $(LOCK_VENV)/bin/uv || python3 -m venv $(LOCK_VENV)
	@$(LOCK_VENV)/bin/pip install --quiet --disable-pip-version-check "$(UV)"
	@echo "Locking requirements.txt and requirements-dev.txt."
	@$(COMPILE) --output-file requirements.txt
	@$(COMPILE) --extra testing --group dev --constraint requirements.txt --output-file requirements-dev.txt
	@echo "Both are locked: make setup installs them."

clean: ## Remove the environment, the caches and what was built.
	@echo "Removing .venv, the caches and build/."
	@rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
