# The two commands: `make run` (the hotline on this machine) and `make test`. Everything else is for maintainers.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: setup run demo test check crash fuzz bench lock clean format
setup: .venv/.run

.venv/.run: requirements/run.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(PIP) install --require-hashes --only-binary :all: -r requirements/run.txt
	$(PIP) install --no-deps --no-build-isolation --no-index --editable .
	touch $@

.venv/.dev: .venv/.run requirements/dev.txt
	$(PIP) install --require-hashes --only-binary :all: -r requirements/dev.txt
	touch $@

run: .venv/.run
	$(BIN)/hotline run

demo: .venv/.run
	$(BIN)/hotline demo

test: .venv/.dev
	$(BIN)/python -m pytest -q -n auto

check: .venv/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) test

# Kills the running program any number of times, anywhere: make crash KILLS=1000 SEED=7 DATABASE=postgresql SERVER_KILLS=50 (the
# last: of the server, under the living program). Prints its seed; ends with 1 when anything was lost.
crash: .venv/.dev
	$(BIN)/python -m tests.crash --kills $(or $(KILLS),200) $(if $(SEED),--seed $(SEED)) --database $(or $(DATABASE),sqlite) $(if $(SERVER_KILLS),--server-kills $(SERVER_KILLS))

# Any number of generated updates, frames, presses and files, in pieces with a seed each: make fuzz FUZZ_EXAMPLES=100000 SEED=7
fuzz: .venv/.dev
	$(BIN)/python -m tests.fuzz --examples $(or $(FUZZ_EXAMPLES),100000) --seed $(or $(SEED),1)

# Both sides of every figure are measured in the same run: read the ratios.
bench: .venv/.dev
	$(BIN)/python -m bench

format: .venv/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Renews the pins (needs the tool `uv` on the PATH); no index address is written.
lock:
	uv pip compile -q --upgrade --generate-hashes --universal --python-version 3.11 --no-header --no-annotate --no-emit-index-url --extra setup pyproject.toml -o requirements/run.txt
	uv pip compile -q --upgrade --generate-hashes --universal --python-version 3.11 --no-header --no-annotate --no-emit-index-url --extra setup --extra dev pyproject.toml -o requirements/dev.txt

clean:
	rm -rf .venv var build *.egg-info .pytest_cache .mypy_cache .ruff_cache
