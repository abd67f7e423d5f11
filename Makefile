# Weft: `make` lists what there is.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
WEFT   := $(BIN)/weft
READY  := $(VENV)/.ready
WARM   := $(VENV)/.warm
# Real data for measuring: ../shared beside the checkout, or wherever this points.
export WEFT_EVAL_DATA ?= $(wildcard $(CURDIR)/../shared)
# Each core has real parts of its own; what one file's tests share is made once. Of the campaigns, only those that judge
# how long things take run alone.
ON_ALL_CORES := --numprocesses auto --maxprocesses 4

.DEFAULT_GOAL := help
.PHONY: help setup demo test check bench backtest campaigns schema features

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) $(WARM) ## a virtual environment in .venv, with the weft command in it

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Weft needs Python 3.11 or later; $$($(PYTHON) --version) is what $(PYTHON) is. Say which to use: make PYTHON=python3.12 …"; exit 1; }
	@echo "Setting up .venv (once, two minutes or three) …"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r constraints.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)

# The modules whose code or types are compiled: after a pull nothing starts cold.
$(WARM): $(READY) $(addprefix matcher/, kernels.py pairing.py workspace.py field.py crossing.py)
	@$(WEFT) warmup
	@touch $(WARM)

demo: setup ## a network of entrepreneurs lives through some weeks, and gets introductions with reasons
	@$(WEFT) demo

test: setup ## all tests but the long campaigns
	@$(BIN)/python -m pytest $(ON_ALL_CORES) --dist loadscope --no-loadscope-reorder -m "not campaign"

check: setup ## lint and types
	@$(BIN)/ruff format --check --quiet . || { echo "Not formatted: $(BIN)/ruff format ."; exit 1; }
	@$(BIN)/ruff check .
	@$(BIN)/mypy

bench: setup ## the figures, into benchmarks/results.json
	@$(BIN)/python -m benchmarks

backtest: setup ## how good the suggestions are: real people's questions and contacts, and simulated rounds
	@$(BIN)/python -m benchmarks.backtest

campaigns: setup ## faults injected into a running Weft; WEFT_CAMPAIGN=long for the long ones
	@$(BIN)/python -m pytest $(ON_ALL_CORES) --dist loadgroup -m "campaign and not alone"
	@$(BIN)/python -m pytest -m "campaign and alone"

schema: setup ## write the generated page of the event language, docs/EVENTS.md
	@$(WEFT) schema --page > docs/EVENTS.md

features: setup ## write the generated page of the features, docs/FEATURES.md
	@$(BIN)/python -m services.legend > docs/FEATURES.md
