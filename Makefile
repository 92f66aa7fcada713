# `make app` serves the app, `make test` runs all tests; both set everything up first, on a fresh machine too.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: app test check setup programs trained benchmark clean

app: $(READY)
	$(BIN)/cnnviz app

test: $(READY)
	$(BIN)/python -m pytest -n 2 --dist loadfile

# What must be clean besides the tests.
check: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

setup: $(READY)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "cnnviz needs Python 3.11 or newer, $(PYTHON) is %d.%d: make PYTHON=python3.12" % sys.version_info[:2])'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,peers,dask,postgres,tensorboard,data]'
	touch $(READY)

# The catalogue's captured programs, after a change to a network or to a rule.
programs: $(READY)
	$(BIN)/python -m cnnviz.programs.regenerate

# The small trained networks that come along, from their settings: NAMES="photo" for some of them.
trained: $(READY)
	$(BIN)/python -m cnnviz.inside.retrain $(NAMES)

benchmark: $(READY)
	$(BIN)/python benchmarks/trace.py
	$(BIN)/python benchmarks/timm_models.py
	$(BIN)/python benchmarks/visit.py
	$(BIN)/python benchmarks/comparing.py
	$(BIN)/python benchmarks/lab.py
	$(BIN)/python benchmarks/designing.py
	$(BIN)/python benchmarks/training_loop.py
	$(BIN)/python benchmarks/training_page.py
	$(BIN)/python benchmarks/looking_inside.py

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
