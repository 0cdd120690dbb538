# Scopewright. `make` alone lists the targets.
#
# One environment, .venv, for running and for developing: the development lock holds everything of the runtime lock in the
# same versions, so `make serve` installs the short list on a new machine and leaves a longer one alone. A lock is installed
# again only when its content changed (the stamps carry its checksum), and only what its hashes vouch for.

PYTHON ?= python3
WORKERS ?= auto
ARGS ?=
EXAMPLES ?= 5000

VENV := .venv
RUN := $(VENV)/bin/python
PACKAGES := schema services contracts db portal demo $(wildcard *.py)

sum = $(firstword $(shell cksum < $(1)))
RUNTIME_STAMP := $(VENV)/.runtime-$(call sum,requirements.lock)
DEV_STAMP := $(VENV)/.dev-$(call sum,requirements.lock)-$(call sum,requirements-dev.lock)

PIP := $(RUN) -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes
COMPILE = $(RUN) -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-annotate --no-header pyproject.toml

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help serve worker demo migrate doctor test fuzz torture bench lint format schema lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# --- running ------------------------------------------------------------------------------------------------------------

serve: $(RUNTIME_STAMP) ## start everything on http://127.0.0.1:8000 (PORT=… to change)
	@exec $(RUN) cli.py serve $(ARGS)

worker: $(RUNTIME_STAMP) ## drain the outbox in a process of its own
	@exec $(RUN) cli.py worker $(ARGS)

demo: $(RUNTIME_STAMP) ## load the demo practice
	@exec $(RUN) cli.py demo $(ARGS)

migrate: $(RUNTIME_STAMP) ## bring the database to the newest schema
	@exec $(RUN) cli.py migrate $(ARGS)

doctor: $(RUNTIME_STAMP) ## say what is missing or wrong on this machine, and how to put it right
	@exec $(RUN) cli.py doctor $(ARGS)

# --- developing ---------------------------------------------------------------------------------------------------------

test: $(DEV_STAMP) ## run every test (ARGS="-k retainer" for some, WORKERS=0 for one process)
	@$(RUN) -m pytest -n $(WORKERS) --dist loadfile $(ARGS)

fuzz: $(DEV_STAMP) ## send the API thousands of documents made at random (EXAMPLES=20000 for more)
	@SCOPEWRIGHT_FUZZ_EXAMPLES=$(EXAMPLES) $(RUN) -m pytest tests/schema/test_schemathesis.py $(ARGS)

torture: $(DEV_STAMP) ## random money from many clients, kill -9 of everything, planted bugs that must be caught (some 15 minutes)
	@$(RUN) -m tests.torture --plants $(ARGS)

bench: $(DEV_STAMP) ## measure what must be fast, each against something in the same run
	@for each in bench/[a-z]*.py; do $(RUN) -m bench.$$(basename $$each .py) || exit 1; done

lint: $(DEV_STAMP) ## ruff, mypy in strict mode, and who may import whom
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy $(PACKAGES)
	$(RUN) -c "from importlinter.cli import lint_imports_command; lint_imports_command()"

format: $(DEV_STAMP) ## put the code into its form
	$(RUN) -m ruff check --fix .
	$(RUN) -m ruff format .

schema: $(DEV_STAMP) ## write schema.graphql from the code
	@$(RUN) cli.py schema > schema.graphql.new && mv schema.graphql.new schema.graphql

lock: $(DEV_STAMP) ## resolve pyproject.toml again into the two locks (ARGS=--upgrade for newer versions)
	$(COMPILE) $(ARGS) --output-file requirements.lock
	$(COMPILE) $(ARGS) --group dev --constraint requirements.lock --output-file requirements-dev.lock

clean: ## remove the environment and the caches; your data in var/ stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- the environment ----------------------------------------------------------------------------------------------------

$(RUNTIME_STAMP): | $(RUN)
	@echo "Installing what Scopewright runs on (once per lock) …"
	@$(PIP) -r requirements.lock
	@rm -f $(VENV)/.runtime-* && touch $@

$(DEV_STAMP): | $(RUN)
	@echo "Installing what Scopewright is developed with (once per lock) …"
	@$(PIP) -r requirements-dev.lock
	@rm -f $(VENV)/.dev-* $(VENV)/.runtime-* && touch $@ $(RUNTIME_STAMP)

$(RUN):
	@command -v $(PYTHON) >/dev/null || { echo "No $(PYTHON) here. Install Python 3.11 or newer, or say which: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is $$($(PYTHON) -V 2>&1); Scopewright needs Python 3.11 or newer. Say which: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) has no venv. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV)
