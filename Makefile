# The commands of the project; `make help` lists them.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PACKAGES := core routing inventory customers dispatch desk api web app
FRONTEND := $(shell find web/frontend -type f 2>/dev/null) package.json package-lock.json vite.config.ts vite.worker.config.ts tsconfig.json
CATALOGUES := $(shell find web/translations -name '*.po' 2>/dev/null)
export PATH := $(CURDIR)/$(BIN):$(PATH)

.DEFAULT_GOAL := help
.PHONY: help run test browser planner lint format bench bench-pages bench-routing bench-stock screenshots demo-reset pins messages clean build

help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: build ## Start the service (PORT and HOST choose the address), loading the demonstration at first
	@exec $(BIN)/python -m app.run

test: $(VENV)/.dev build ## Run every test, on SQLite, on a throwaway PostgreSQL and in a real browser
	@$(MAKE) --no-print-directory -j2 browser planner
	@$(BIN)/python -m pytest -n 3 --dist loadgroup $(ARGS)

browser:
	@sh tests/get_browser.sh

planner: $(VENV)/.run
	@$(BIN)/python -m routing compile

lint: $(VENV)/.dev node_modules/.stamp ## Check style, types and the directions of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@npm run --silent check

format: $(VENV)/.dev ## Bring the code into the common form
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format --quiet .

bench: $(VENV)/.dev build ## Measure what benchmarks/README.md states
	@$(BIN)/python -m benchmarks $(ARGS)

bench-pages: $(VENV)/.dev build ## Time and weigh the pages in a real browser, on a day of 60 technicians and 500 visits
	@$(BIN)/python -m benchmarks pages checks

bench-routing: $(VENV)/.dev ## Plan public instances with ours and other solvers; ARGS="--help" lists the choices
	@$(BIN)/python -m benchmarks.routing $(ARGS)

bench-stock: $(VENV)/.dev ## Book and ask a large stock room on both databases; ARGS="--help" lists the choices
	@$(BIN)/python -m benchmarks.stock $(ARGS)

screenshots: $(VENV)/.dev build ## Take a picture of every view anew, for docs/screens.md and the README
	@$(BIN)/python -m benchmarks.screenshots $(ARGS)

demo-reset: build ## Load the demonstration anew (SEED chooses another day)
	@$(BIN)/flask --app wsgi demo --reset $(if $(SEED),--seed $(SEED))

pins: $(VENV)/.dev ## Pin the newest versions that the *.in files allow, with hashes
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-emit-index-url --no-header --python-version 3.11 requirements.in -o requirements.txt
	@$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-emit-index-url --no-header --python-version 3.11 requirements-dev.in -o requirements-dev.txt
	@$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-emit-index-url --no-header --python-version 3.11 requirements-node.in -o requirements-node.txt

messages: $(VENV)/.run ## Collect the texts of code and pages into the message catalogues
	@sh web/translations/collect.sh

clean: ## Remove what was built, but not the data in var/
	@rm -rf $(VENV) node_modules web/static/built .mypy_cache .ruff_cache .pytest_cache .hypothesis

build: $(VENV)/.run web/static/built/.stamp web/translations/.stamp

$(VENV)/bin/python:
	@echo "Making the virtual environment ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed. Install it or name it: make run PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "Python cannot make virtual environments. Install that part: apt-get install python3-venv"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.txt | $(VENV)/bin/python
	@echo "Installing what the service needs (once) ..."
	@if command -v uv >/dev/null 2>&1; then \
		VIRTUAL_ENV=$(CURDIR)/$(VENV) uv pip install --quiet --require-hashes --no-deps -r requirements.txt; \
	else \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.txt; \
	fi
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.run
	@echo "Installing what the tests need (once) ..."
	@if command -v uv >/dev/null 2>&1; then \
		VIRTUAL_ENV=$(CURDIR)/$(VENV) uv pip install --quiet --require-hashes --no-deps -r requirements-dev.txt; \
	else \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-dev.txt; \
	fi
	@touch $@

# Vite needs Node 20.19 or newer; a machine that has none, or an older one, gets it into the environment.
node_modules/.stamp: package.json package-lock.json .npmrc requirements-node.txt | $(VENV)/.run
	@node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null \
		|| { echo "Installing Node.js into the environment (once) ..."; \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-node.txt; }
	@echo "Installing what the pages' scripts need (once) ..."
	@npm ci --silent --no-audit --no-fund
	@touch $@

web/static/built/.stamp: node_modules/.stamp $(FRONTEND)
	@echo "Building the pages' scripts ..."
	@npm run --silent build
	@touch $@

web/translations/.stamp: $(CATALOGUES) | $(VENV)/.run
	@$(BIN)/pybabel --quiet compile --directory web/translations
	@touch $@
