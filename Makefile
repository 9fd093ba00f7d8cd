# make run    the default study, from a fresh clone to its HTML report; STUDY=mine.yaml another one
# make test   all tests
# make lint   the linters alone, those of .pre-commit-config.yaml
# make bench  all benchmarks, with one table at the end; most of an hour
# Each sets up .venv first, where it is missing or the requirements have changed.

PYTHON ?= python3
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: run test lint bench env clean

run: env
	@python -m sgbench.study.driver --profile local $(if $(STUDY),--configfile $(STUDY))

# Two files at a time: the tests on schedulers mostly wait.
test: .venv/test-ready
	@python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

lint: .venv/test-ready
	@python -m pytest tests/workflow/test_style.py

bench: .venv/test-ready
	@python -m benchmarks

env: .venv/ready

.venv/ready: requirements.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "sgbench needs Python 3.11 or newer")'
	test -x .venv/bin/python || $(PYTHON) -m venv .venv
	python -m pip install --quiet --requirement requirements.txt
	python -m pip install --quiet --no-deps --editable .
	touch $@

.venv/test-ready: .venv/ready requirements-test.txt
	python -m pip install --quiet --requirement requirements-test.txt
	touch $@

# Removes the environment; results stay.
clean:
	rm -rf .venv
