# The few commands of this project. `make run` and `make test` need Python 3.11 or newer and nothing else.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run test bench soak check fix messages

PYTHON ?= $(firstword $(foreach name,python3.14 python3.13 python3.12 python3.11 python3 python,$(shell \
	$(name) -c 'import sys; sys.version_info < (3, 11) or print("$(name)")' 2>/dev/null)))
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes --requirement

# A start as on a real server: what `check --deploy` judges.
LIKE_PRODUCTION := env -u DEMO DEBUG=0 SECRET_KEY=$$(head -c 48 /dev/urandom | base64 -w0) ALLOWED_HOSTS=crm.example \
	SEAL_KEY=$$(head -c 48 /dev/urandom | base64 -w0) REDATE_VAR=$$(mktemp -d)

help:  ## say what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: .venv/.run  ## start Redate with demo data; PORT=8123 chooses the port
	@exec env DEBUG=1 DEMO=1 $(BIN)/python manage.py start $(if $(PORT),--port $(PORT))

test: .venv/.dev  ## the whole suite, on SQLite and on PostgreSQL
	@$(BIN)/python -m tests.run $(ARGS)

bench: .venv/.dev  ## figures at large sizes, on SQLite and on PostgreSQL; takes long
	@$(BIN)/python -m tests.run -n 0 -s -m bench tests/bench $(ARGS)

soak: .venv/.dev  ## what takes long, on SQLite and on PostgreSQL: 20 backups under 10 writers, more random lives
	@$(BIN)/python -m tests.run -n 0 -s -m soak tests $(ARGS)

check: .venv/.dev  ## everything that reads the code without running it
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/djlint --quiet --lint templates
	DEBUG=1 $(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	DEBUG=1 $(BIN)/python manage.py makemigrations --check --dry-run
	DEBUG=1 $(BIN)/python manage.py catalogues --check
	$(LIKE_PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING
	@! grep -nE '://|index-url|find-links' requirements*.txt || (echo 'Requirement files name no address.' && false)

fix: .venv/.dev  ## what the tools can mend by themselves
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

messages: .venv/.dev  ## collect the texts to translate (needs gettext)
	DEBUG=1 $(BIN)/python manage.py catalogues --collect

# The stamps say which requirements the environment was last made of; a second start is quick.

.venv/bin/python:
	@test -n '$(PYTHON)' || (echo 'Redate needs Python 3.11 or newer.' >&2 && false)
	@$(PYTHON) -m venv .venv || (rm -rf .venv && echo 'Python lacks venv; on Debian: apt-get install python3-venv.' >&2 && false)

.venv/.run: requirements.txt | .venv/bin/python
	@echo 'Installing what Redate needs…'
	@$(INSTALL) requirements.txt
	@touch $@

.venv/.dev: requirements-dev.txt | .venv/bin/python
	@echo 'Installing what the tests and checks need…'
	@$(INSTALL) requirements-dev.txt
	@touch $@
