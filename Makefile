# make run   sets up and opens the app with the sample cohort
# make test  sets up and runs every check: lint, types, tests
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed-dev
RUN_STAMP := $(VENV)/.installed

.PHONY: run test lint types unit bench sample audit bundle inventory clean

run: $(RUN_STAMP)
	$(BIN)/streamlit run app.py

test: lint types unit

lint: $(STAMP)
	$(BIN)/ruff check .

types: $(STAMP)
	$(BIN)/mypy

unit: $(STAMP)
	$(BIN)/python -m pytest -n 2 --dist loadgroup

bench: $(STAMP)
	$(BIN)/python -m bench

# Weak spots of our code, known ones of the packages (needs the network), and licences that are out of date.
audit: $(STAMP)
	BIN=$(BIN) docs/deploy/audit.sh

# Everything for a machine without internet, in dist/rrmm-offline.tar.gz; there: ./install.sh, then ./start.sh
bundle: $(STAMP)
	BIN=$(BIN) docs/deploy/make_bundle.sh

inventory: $(STAMP)
	$(BIN)/python docs/inventory.py

sample: $(STAMP)
	$(BIN)/python sample_data/make_sample.py

$(RUN_STAMP): requirements.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

$(STAMP): requirements.txt requirements-dev.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@ $(RUN_STAMP)

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache
