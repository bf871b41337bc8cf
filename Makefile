# The commands people use. Everything is set up on the way: `make run` works in a fresh clone.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# What ../shared holds is used where it is there; elsewhere name your own folder of corpora.
CORPORA ?= $(firstword $(wildcard ../shared/corpora/upstream) training_data/downloads)

.PHONY: run install test fuzz lint format train train-encoder bench screenshots messages db-check pins

run: $(VENV)/.installed
	@exec $(BIN)/python -m service serve --demo

install: $(VENV)/.installed

# As many processes as there are cores, but no more than 8, since each takes a gigabyte. Files are given out in the order
# in which they stand: the many small ones of the web come last, so that no process waits long for another.
WORKERS ?= auto --maxprocesses 8
test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder

# Half an hour on two cores: all laws with TIMES as many examples as in the suite, which are other ones each time.
TIMES ?= 20
fuzz: $(VENV)/.installed-dev
	FUZZ_TIMES=$(TIMES) $(BIN)/python -m pytest -m hypothesis --timeout 3600

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check service tests benchmarks plugins wsgi.py
	$(BIN)/ruff format --check service tests benchmarks plugins wsgi.py
	$(BIN)/mypy
	$(MAKE) --no-print-directory db-check

# On a new database of its own: nobody's data is looked at, and none of an earlier check's.
db-check: $(VENV)/.installed
	@rm -f var/check.db var/check.db-shm var/check.db-wal
	UNDERTONE_DATABASE_URL=sqlite:///var/check.db $(BIN)/python -m service db upgrade
	UNDERTONE_DATABASE_URL=sqlite:///var/check.db $(BIN)/python -m service db check

format: $(VENV)/.installed-dev
	$(BIN)/ruff check --fix service tests benchmarks plugins wsgi.py
	$(BIN)/ruff format service tests benchmarks plugins wsgi.py

train: $(VENV)/.installed
	$(BIN)/python -m service train --corpora $(CORPORA)

# An hour on two cores, most of it the step `pool`; ARGS="--step own --step export" repeats the rest in minutes.
train-encoder: $(VENV)/.installed-train
	nice -n 5 $(BIN)/python -m service train-encoder --corpora $(CORPORA) $(ARGS)

bench: $(VENV)/.installed-dev
	for name in start score_lines doors desk discussion readers archive; do $(BIN)/python -m benchmarks.$$name || exit 1; done
	$(BIN)/python -m benchmarks.tone --short

screenshots: $(VENV)/.installed-dev
	$(BIN)/python -m tests.screenshots docs/screenshots

# Collects the texts that people read into the catalogues of service/web/translations, and says what is not translated.
messages: $(VENV)/.installed-dev
	@$(BIN)/python -m tests.messages

# Pins every dependency, down to the last, from the .in files. Of torch any build of its version will do.
pins: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet pip-tools
	for name in requirements requirements-dev requirements-train; do \
	  $(BIN)/pip-compile --quiet --upgrade --strip-extras --no-header --no-emit-index-url --no-emit-find-links \
	    --annotation-style=line --output-file $$name.txt $$name.in || exit 1; done
	sed -i 's/^\(torch==[0-9.]*\)+cpu/\1/' requirements-train.txt

$(VENV)/.installed: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Undertone needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Say which: make run PYTHON=python3.12")'
	@echo "Installing into $(VENV); this happens once."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

$(VENV)/.installed-train: requirements-train.txt $(VENV)/.installed
	@echo "Installing what trains the encoder; this happens once."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-train.txt
	@touch $@
