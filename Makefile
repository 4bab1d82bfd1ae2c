.POSIX:
.DEFAULT_GOAL := help
.PHONY: help setup run test faults monkeys mutants late bench check lint types imports format snapshots screenshots schemas wheel lock clean

python = .venv/bin/python
setup_inputs = pyproject.toml tools/setup.sh

help: ## explain these targets
	@sed -n 's/^\([a-z]*\):[^#]*## /\1	/p' Makefile | expand -t 14

.venv/run.stamp: requirements/run.lock $(setup_inputs)
	@sh tools/setup.sh run
	@touch $@

.venv/test.stamp: requirements/test.lock $(setup_inputs)
	@sh tools/setup.sh test
	@touch $@

.venv/dev.stamp: requirements/dev.lock $(setup_inputs)
	@sh tools/setup.sh dev
	@touch $@

setup: .venv/dev.stamp ## make .venv with everything that development needs

run: .venv/run.stamp ## open the dashboard; without a terminal, make this checkout's bundle and print its folder
	@if [ -t 0 ] && [ -t 1 ]; then .venv/bin/llmsdeck; else .venv/bin/llmsdeck start . --wait; fi

test: .venv/test.stamp ## run every test
	$(python) -m pytest -n 4

ROUNDS = 1000

faults: .venv/test.stamp ## crash, race, stop and starve it for long: make faults ROUNDS=1000
	ROUNDS=$(ROUNDS) $(python) -m pytest -n 2 tests/faults

SEED = 1

late: .venv/test.stamp ## test the dashboard over a deck that answers late: make late SEED=1
	SEED=$(SEED) $(python) -m pytest -n 4 -p late tests/tui tests/snapshots

monkeys: .venv/test.stamp ## press, paste, click and resize at random for long: make monkeys ROUNDS=100
	ROUNDS=$(ROUNDS) $(python) -m pytest -n 4 tests/tui/test_monkey.py

mutants: .venv/test.stamp ## take the safeguards away one by one; a test must notice each time
	$(python) tools/mutants.py

bench: .venv/dev.stamp ## measure the program beside its peers and limits: make bench QUICK=1
	@quick='$(QUICK)'; $(python) -m bench $${quick:+--quick} $(ROWS)

check: lint types imports ## run everything that reads the code without running it

lint: .venv/dev.stamp ## rules and formatting, by ruff
	$(python) -m ruff check .
	$(python) -m ruff format --check .

types: .venv/dev.stamp ## types, by mypy and pyright, both strict
	$(python) -m mypy
	$(python) -m pyright

imports: .venv/dev.stamp ## which module may import which, by import-linter
	.venv/bin/lint-imports

format: .venv/dev.stamp ## rewrite the code as ruff wants it
	$(python) -m ruff check --fix .
	$(python) -m ruff format .

snapshots: .venv/test.stamp ## accept what the dashboard draws now as the tests' expectation
	$(python) -m pytest tests/snapshots --snapshot-update

screenshots: .venv/test.stamp ## draw screenshots/*.svg anew from the demo scenes
	$(python) -m llmsdeck_tui.demo screenshots

schemas: .venv/test.stamp ## write docs/schemas/*.json, what verbs print with --json
	$(python) tools/schemas.py

wheel: .venv/test.stamp ## build the wheel and try it in fresh venvs (needs a package index)
	sh tools/wheel.sh $(python)

lock: ## compile requirements/*.lock from pyproject.toml (needs uv)
	sh tools/lock.sh

clean: ## remove what these targets made, .venv too
	rm -rf .venv .bench .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache dist
	find bench core tui tests -name __pycache__ -type d -prune -exec rm -rf {} +
