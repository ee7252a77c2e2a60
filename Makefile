# Everything a new user needs: `make quickstart`, `make test`. A second call skips what is there.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
NATIVE := setup.py $(wildcard platform/potential/native/build.py platform/potential/native/kernel/* platform/potential/native/lammps/*)

.PHONY: install quickstart test check docs validation sanitize wheel clean

install: $(INSTALLED)

$(INSTALLED): pyproject.toml constraints.txt $(NATIVE)
	@$(PYTHON) -c 'import sys; sys.exit("argyro needs Python 3.11 or newer; call make PYTHON=/path/to/python3.11" if sys.version_info < (3, 11) else 0)'
	@command -v g++ >/dev/null || { echo "argyro needs g++ to build its potential kernel (Debian: apt-get install g++)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV); the first time takes some minutes"
	@# torch by itself first: packages that depend on it then find it installed instead of choosing another build
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt torch
	PIP_CONSTRAINT=constraints.txt $(BIN)/pip install --quiet --disable-pip-version-check -e '.[test,docs]'
	@touch $@

quickstart: install
	$(BIN)/argyro run campaigns/templates/quickstart.yaml --workdir runs/quickstart

test: install
	$(BIN)/python -m pytest tests

check: install
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/codespell && $(BIN)/mypy

# The site, in site/; the test suite builds it, too.
docs: install
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet --strict

# docs/validation.md and its pictures, from campaigns/reference/ and validation/data/.
validation: install
	$(BIN)/python -m argyro.validation.dft_check predict "MTP, reference" campaigns/reference/potentials/*.mtp
	$(BIN)/python -m argyro.validation

sanitize: install
	$(BIN)/python tests/platform/potential/native/sanitize.py

wheel: install
	$(BIN)/pip wheel --quiet --no-deps -w dist .

clean:
	rm -rf build *.egg-info .pytest_cache .ruff_cache .mypy_cache
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
