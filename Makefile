# make demo    compare real tables, print the result, write demo-report.html
# make test    lint, types, floors, tests, the documentation's examples
# make bench   speed and memory against evidently and against the time to read the files
# make speed   measures against NumPy, scipy and torch, estimators against infomeasure: docs/speed.md, estimators-speed.md;
#              scores against scikit-learn, comparing models and distributions that are formulas against torch
# make accuracy   error of the measures next to scipy, torch, dit and infomeasure: writes docs/accuracy.md
# make simulate   coverage, errors, false alarms and detection, by simulation (hours): writes docs/simulation.md, pictures
# Each makes the environment it needs, in .venv.

PYTHON ?= python3
BIN = .venv/bin
SIMULATIONS = coverage entropy entropy_rmse continuous rows decisions
PIP = $(BIN)/python -m pip --disable-pip-version-check

.PHONY: demo test lint simulate bench speed accuracy clean

demo: .venv/core
	$(BIN)/bitsapart compare src/bitsapart/data/flights-2013-01.parquet src/bitsapart/data/flights-2013-07.parquet --report demo-report.html

# pytest runs on two processes: more threads in each would only wait for each other
test: lint
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/pytest

lint: .venv/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python tools/floors.py

simulate: .venv/dev
	$(foreach what,$(SIMULATIONS),$(BIN)/python tests/simulation/$(what).py docs/simulation/$(what).json &&) true
	$(BIN)/python tools/simulation_tables.py

bench: .venv/dev benchmarks/.venv-evidently/made
	$(BIN)/python benchmarks/compare_tables.py

speed: .venv/dev benchmarks/.venv-peers/made
	$(BIN)/python benchmarks/measures.py
	benchmarks/.venv-peers/bin/python benchmarks/estimators.py
	benchmarks/.venv-peers/bin/python benchmarks/score.py
	benchmarks/.venv-peers/bin/python benchmarks/models.py
	benchmarks/.venv-peers/bin/python benchmarks/families.py

accuracy: benchmarks/.venv-peers/made
	benchmarks/.venv-peers/bin/python tools/accuracy_tables.py

.venv/core: pyproject.toml setup.py $(wildcard src/bitsapart/measures/*.[ch])
	$(PYTHON) -m venv .venv
	$(PIP) install --quiet --upgrade pip
	$(PIP) install --quiet --editable .
	touch $@

.venv/dev: .venv/core
	$(PIP) install --quiet --editable '.[dev]'
	touch $@

benchmarks/.venv-evidently/made:
	$(PYTHON) -m venv benchmarks/.venv-evidently
	benchmarks/.venv-evidently/bin/python -m pip --disable-pip-version-check install --quiet evidently 'pandas<3' pyarrow
	touch $@

benchmarks/.venv-peers/made: .venv/core
	$(PYTHON) -m venv benchmarks/.venv-peers
	benchmarks/.venv-peers/bin/python -m pip --disable-pip-version-check install --quiet torch==2.13.0 scipy scikit-learn dit infomeasure mpmath --editable .
	touch $@

clean:
	rm -rf .venv benchmarks/.venv-evidently benchmarks/.venv-peers benchmarks/data
