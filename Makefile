# Every command of the project; `make help` lists them. The environment in .venv is made when it is missing.
SHELL := /bin/bash
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
CONTRACT := ../shared/contract
# dkimpy is the one package without a wheel: its pinned source is built with the pinned setuptools.
ORIGIN := --only-binary :all: --no-binary dkimpy
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-build-isolation $(ORIGIN)
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes $(ORIGIN) \
	--no-emit-index-url --no-header
# Two workers: the tests share a machine with the databases they start.
PARALLEL := -n 2 --dist worksteal

# Tests start a hundred programs of ours: each would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

# The first Python that is new enough and can make environments.
$(BIN)/python:
	@for python in $(PYTHON) python3.13 python3.12 python3.11 python3; do \
	  if $$python -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
	    exec $$python -m venv $(VENV); fi; done; \
	echo "make: expected Python 3.11 or newer with its venv module, but found none; install python3-venv" >&2; exit 1

# What running needs. The project itself is only pointed to: a change of the code needs no new installation.
$(VENV)/.runtime: requirements/runtime.txt requirements/build.txt pyproject.toml | $(BIN)/python
	$(PIP) -r requirements/build.txt
	$(PIP) -r requirements/runtime.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@

# What checking needs besides.
$(VENV)/.dev: requirements/dev.txt $(VENV)/.runtime
	$(PIP) -r requirements/dev.txt
	@touch $@

.PHONY: ui
ui: $(VENV)/.runtime ## bundle what the pages need of JavaScript (nothing to do when it is new enough)
	@$(BIN)/python web/build_ui.py

.PHONY: check
check: $(VENV)/.dev ui ## format, lint, types, floors, unit tests, scenarios on SQLite (two minutes; mutants of diagrams in `make test` only)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest $(PARALLEL) -m "not torture" \
	  tests/test_architecture.py tests/test_repository.py tests/unit tests/store tests/scenarios \
	  --ignore=tests/unit/bpmn/test_mutants.py

.PHONY: test
test: $(VENV)/.dev ui ## everything, on SQLite and PostgreSQL (under 18 minutes)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	@if [ -d $(CONTRACT) ]; then $(MAKE) --no-print-directory contract; fi
	$(BIN)/python -m pytest $(PARALLEL) --database both

.PHONY: contract
contract: $(VENV)/.dev ## the public door's contract, on SQLite and PostgreSQL
	$(BIN)/python -m pytest -q -p no:cacheprovider $(CONTRACT)
	$(BIN)/python -m pytest -q -p no:cacheprovider -p tests.contract_on_postgresql $(CONTRACT)

.PHONY: conformance
conformance: $(VENV)/.dev ## the DMN conformance suite; DMN_TCK=folder runs any folder of its files
	$(BIN)/python -m tests.conformance.tck $(DMN_TCK)

.PHONY: torture
torture: $(VENV)/.dev ## the long counts: KILLS=5000, races, random processes (SEED=5 begins there)
	$(BIN)/python -m pytest --database both --long -m torture -o faulthandler_timeout=1800 \
	  --kills $(or $(KILLS),5000) --first-seed $(or $(SEED),0) $(if $(TALLY),--tally $(TALLY))
	$(BIN)/python -m pytest $(PARALLEL) --database sqlite tests/acceptance/test_cli_scenarios.py
	$(BIN)/python -m pytest $(PARALLEL) --database postgresql -m "not torture" tests/scenarios tests/acceptance tests/web

.PHONY: bench
bench: $(VENV)/.dev ## the workloads of docs/performance.md on both databases, then parts one by one; QUICK=1: a tenth, minutes
	$(BIN)/python -m bench $(if $(QUICK),--quick)
	$(if $(QUICK),,@for name in worklist verbs scale kernel feel check rspo signature; do echo "== $$name"; $(BIN)/python -m bench.$$name || exit 1; done)

.PHONY: run
run: $(VENV)/.runtime ui ## serve a demonstration at http://127.0.0.1:8080 (PORT=…): invented people, demo servers, some cases
	$(BIN)/obieg serve --demo --port $(or $(PORT),8080)

.PHONY: demo
demo: $(VENV)/.runtime ## carry one case of ZSZO-03 through in the terminal, every step proved
	$(BIN)/obieg demo

.PHONY: screenshots
screenshots: $(VENV)/.dev ui ## take the pictures of the guides and of the diagrams anew from a demonstration (docs/images)
	$(BIN)/python -m tests.browser.screenshots
	$(BIN)/python -m tests.browser.diagram_pictures

.PHONY: messages
messages: $(VENV)/.dev ## collect the texts of the pages into the catalogues of languages (web/locale)
	$(BIN)/python -m web.messages

.PHONY: format
format: $(VENV)/.dev ## put the code into shape
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

.PHONY: lock
lock: $(VENV)/.dev ## choose and pin the newest versions of all dependencies (requirements/*.txt)
	$(LOCK) --upgrade requirements/build.in -o requirements/build.txt
	$(LOCK) --upgrade pyproject.toml -o requirements/runtime.txt
	$(LOCK) --upgrade requirements/node.in -o requirements/node.txt
	$(LOCK) --upgrade pyproject.toml requirements/dev.in -c requirements/runtime.txt -c requirements/build.txt \
	  -o requirements/dev.txt

.PHONY: clean
clean: ## remove what was built and installed
	rm -rf $(VENV) dist build web/static/dist web/ui/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
