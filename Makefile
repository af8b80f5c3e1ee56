# Two commands set everything up on a fresh machine: `make evaluate` and `make test`. Needs Python 3.11 and make.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
PY := .venv/bin/python
READY := .venv/ready
ARGS ?= +model=resnet50

.PHONY: help setup evaluate test test-stacks check lint clean picture up ui down test-faults
help:            ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

$(READY): requirements.lock pyproject.toml
	@echo "Setting up the project's environment in .venv (once; about 240 packages)"
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if (3, 11) <= v < (3, 14) else f"Touchstone needs Python 3.11 to 3.13; $(PYTHON) is {v[0]}.{v[1]}. Run: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)")'
	@test -x $(PY) || $(PYTHON) -m venv .venv
	@$(PY) -m pip install --quiet --disable-pip-version-check "$$(grep '^uv==' requirements.lock)"
	@$(PY) -m tasks.stacks.installer requirements.lock
	@touch $(READY)

setup: $(READY)  ## the project's own environment

evaluate: $(READY)  ## one evaluation: make evaluate ARGS="+model=patchnet"
	@$(PY) -m flows.evaluate $(ARGS)

test: $(READY)   ## the tests that CI runs
	@$(PY) -m pytest

test-stacks: $(READY) ## every software on every model against float64 (builds every environment)
	@TOUCHSTONE_STACKS=all $(PY) -m pytest tests/contracts/test_equal_predictions.py

lint: $(READY)   ## ruff, mypy, import-linter
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	.venv/bin/lint-imports

check: lint test ## everything that must hold before a commit

clean:           ## remove the environment and what runs left behind (not reports/, not mlflow.db)
	rm -rf .venv .touchstone .mypy_cache .ruff_cache .pytest_cache

picture: $(READY) ## reports/report.png: the newest report of resnet50, as Chromium shows it
	chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=1200,1320 \
	  --screenshot=reports/report.png "file://$$PWD/$$(ls -td reports/resnet50-*/ | head -1)index.html"

up: $(READY)     ## Prefect, Ray, and a worker for schedules, up until make down; prints their addresses
	@$(PY) -m flows.services up

ui: $(READY)     ## the same with MLflow's UI
	@$(PY) -m flows.services ui

down: $(READY)   ## end them
	@$(PY) -m flows.services down

test-faults: $(READY) ## every process killed in every step: reports/faults.md (an hour or two)
	@$(PY) -m tests.faults
