PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test check clean

run: .venv/.ok  ## install what is needed and open the page
	$(BIN)/python app.py

test: .venv/.ok check  ## install what is needed, lint, check types, and run all tests
	$(BIN)/python -m pytest

check: .venv/.ok  ## lint and check types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

.venv/.ok: pyproject.toml constraints.txt
	@$(PYTHON) -c "import sys; sys.exit(None if sys.version_info >= (3, 11) else 'Python 3.11 or newer is needed: make PYTHON=python3.12 ...')"
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@

clean:
	rm -rf .venv build .mypy_cache .ruff_cache .pytest_cache
