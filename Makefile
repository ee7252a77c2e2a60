# Everything a new user needs: `make quickstart`, `make test`. A second call skips what is there.
# `make test` takes up to ten minutes on two cores, `make test-all` up to thirty.
PYTHON ?= python3
VENV ?= .venv
WORKERS ?= 2
BIN := $(VENV)/bin
PIP = $(BIN)/python -m pip install --disable-pip-version-check
INSTALLED := $(VENV)/.installed
PARALLEL := -n $(WORKERS) --dist loadgroup
NATIVE := setup.py $(wildcard platform/potential/native/build.py platform/potential/native/kernel/* platform/potential/native/lammps/* platform/dynamics/trajectories/*.cpp)

.PHONY: install quickstart test test-all check types docs validation sanitize fuzz wheel clean

install: $(INSTALLED)

$(INSTALLED): pyproject.toml constraints.txt $(NATIVE)
	@$(PYTHON) -c 'import sys; sys.exit("argyro needs Python 3.11 or newer; call make PYTHON=/path/to/python3.11" if sys.version_info < (3, 11) else 0)'
	@command -v g++ >/dev/null || { echo "argyro needs g++ to build its potential kernel (Debian: apt-get install g++)"; exit 1; }
	@echo "[1/3] Create the virtual environment $(VENV)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@# torch by itself first: packages that depend on it then find it installed instead of choosing another build
	@echo "[2/3] Download and install torch"
	@$(PIP) -c constraints.txt torch
	@echo "[3/3] Download the other packages (about 200), compile the C++ parts, install argyro; some minutes"
	@PIP_CONSTRAINT=constraints.txt $(PIP) -e '.[test,docs]'
	@touch $@ && echo "argyro is installed; next: source $(BIN)/activate"

quickstart: install
	$(BIN)/argyro run campaigns/templates/quickstart.yaml --workdir runs/quickstart

test: check
	$(BIN)/python -m pytest tests $(PARALLEL) -m 'not slow'

# Also the tests marked `slow`, which take more than five seconds each.
test-all: check
	$(BIN)/python -m pytest tests $(PARALLEL)

# Formatting, types, spelling; the import contracts are a test (tests/test_layout.py).
check: install types
	$(BIN)/ruff check --quiet . && $(BIN)/ruff format --quiet --check . && $(BIN)/codespell

# mypy finds modules by folder names; the link gives the repository the name of its package.
types: install
	@mkdir -p build/mypy && ln -sfn ../.. build/mypy/argyro
	$(BIN)/mypy --no-error-summary

# The site, in site/; the test suite builds it, too.
docs: install
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet --strict

# docs/validation.md and its pictures, from campaigns/reference/ and validation/data/.
validation: install
	$(BIN)/python -m argyro.validation.dft_check predict "MTP, reference" campaigns/reference/potentials/*.mtp
	$(BIN)/python -m argyro.validation

sanitize: install
	$(BIN)/python tests/platform/potential/native/sanitize.py

# Altered potentials, active sets and cells under sanitizers, for ten minutes.
fuzz: install
	$(BIN)/python tests/platform/potential/native/fuzz.py 600

wheel: install
	$(BIN)/pip wheel --quiet --no-deps -w dist .

clean:
	rm -rf build *.egg-info .pytest_cache .ruff_cache .mypy_cache
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
