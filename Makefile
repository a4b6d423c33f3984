PYTHON ?= python3
BIN := .venv/bin

RESOLVE = .tools/bin/uv pip compile --quiet --universal --python-version 3.11 --custom-compile-command 'make lock'

.PHONY: run test only-tests check lock audit clean

run: .venv/.ok  ## install what is needed and open the page
	$(BIN)/python app.py

test: .venv/.ok  ## install what is needed, lint, check types, and run all tests
	$(MAKE) --jobs 2 check only-tests

# Two processes of one thread each: two that multiply with two threads each wait for each other, and three on two
# processors take as long. Compiled modules are kept, whatever the surroundings say: they are started in many processes.
only-tests: .venv/.ok  ## run all tests
	PYTHONDONTWRITEBYTECODE= OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

check: .venv/.ok  ## lint and check types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

lock: .tools/.ok  ## pin what pyproject.toml asks for; ARGS=--upgrade takes the newest, else what is pinned stays
	$(RESOLVE) $(ARGS) --all-extras --annotation-style line --output-file constraints.txt pyproject.toml
	$(RESOLVE) --extra dev --generate-hashes --no-annotate --constraint constraints.txt \
		$$(grep -oE '^(torch|triton|cuda|nvidia)[a-z0-9-]*' constraints.txt | sed 's/^/--no-emit-package /') \
		--output-file requirements.lock pyproject.toml

audit: .tools/.ok  ## look up known vulnerabilities of all that is pinned; asks a service on the network
	.tools/bin/pip-audit --strict --disable-pip --no-deps --requirement constraints.txt

.venv/.ok: pyproject.toml constraints.txt requirements.lock
	@$(PYTHON) -c "import sys; sys.exit(None if sys.version_info >= (3, 11) else 'Python 3.11 or newer is needed: make PYTHON=python3.12 ...')"
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@

.tools/.ok:
	$(PYTHON) -m venv .tools
	.tools/bin/python -m pip install --quiet --disable-pip-version-check uv==0.13.9 pip-audit==2.10.1
	touch $@

clean:
	rm -rf .venv .tools build .mypy_cache .ruff_cache .pytest_cache
