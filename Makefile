.DEFAULT_GOAL := help
.PHONY: help setup demo test lint bench calibration verify mutants docs lock docslock benchlock clean
MAKEFLAGS += --no-print-directory

help: ## show these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

setup: ## build .venv from requirements.lock (the others do it by themselves)
	@.ci/setup

demo: setup ## a first look: one short study, start to finish
	@.venv/bin/winset demo

test: setup ## lint, types, layers, tests, coverage
	@.ci/check

lint: setup ## style, types and layers alone
	@.ci/check lint

bench: setup ## timed comparisons with the floor, Mesa and NegMAS
	@.ci/bench

calibration: setup ## fit the parameters to the record, check, back-test, report (15 minutes)
	@.venv/bin/winset calibrate

verify: setup ## run the checks of the model against theory
	@.venv/bin/winset verify

mutants: setup ## break the rules one by one and see theory or tests notice; WORD=quorum takes some
	@.venv/bin/python -m tests.mutation "$(WORD)"

docs: setup ## build the documentation into site/
	@.ci/docs

lock: setup ## renew requirements.lock; UPGRADE=--upgrade takes newer versions
	@.venv/bin/uv pip compile --quiet --universal --python-version 3.12 --generate-hashes \
	  --extra dev --no-annotate --no-emit-index-url --no-emit-find-links \
	  --custom-compile-command 'make lock' $(UPGRADE) -o requirements.lock pyproject.toml

docslock: setup ## renew requirements-docs.lock, the pins of the documentation
	@.ci/docs lock $(UPGRADE)

benchlock: setup ## renew requirements-bench.lock, the pins of what is measured against
	@.ci/bench lock $(UPGRADE)

clean: ## remove environment, caches and measurements, never results
	@rm -rf .venv .venv-docs .venv-bench site .venv.new .venv.old .venv.lock .coverage .coverage.* build dist \
	  .hypothesis .pytest_cache .ruff_cache .import_linter_cache
	@find . -type d -name __pycache__ -prune -exec rm -rf {} +
