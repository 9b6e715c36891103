# What there is to do here. `make run` and `make test` set up everything on a fresh machine.

PYTHON ?= python3.11
# More words for the command, as in: make run ARGS="--seed 1"
ARGS ?=
# More words for docker, as in: make images BUILD_ARGS="--network host"
BUILD_ARGS ?=

BIN := .venv/bin
INSTALLED := .venv/installed
VERSION = $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' pyproject.toml

.PHONY: help run serve test bench lint compile chart images image-train image-serve e2e lock clean
.NOTPARALLEL:

help: ## List what there is to do
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(INSTALLED) ## Train, judge and perhaps promote; report in .secom/ (SECOM_DATA=folder, ARGS=...)
	@$(BIN)/secom run $(ARGS)

serve: $(INSTALLED) ## Serve the champion on loopback (ARGS=...)
	@$(BIN)/secom serve $(ARGS)

test: $(INSTALLED) ## Run all tests that need no cluster
	@$(BIN)/coverage run -m pytest
	@$(BIN)/coverage report

bench: $(INSTALLED) ## Measure beside stock servers; needs wrk (SECOM_DATA=folder, ARGS=...)
	@$(BIN)/python -m tests.benchmarks $(ARGS)

lint: $(INSTALLED) ## Check style, types and import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

compile: $(INSTALLED) ## Write the pipelines as YAML for Kubeflow (checked in)
	@$(BIN)/secom compile $(ARGS)

chart: $(INSTALLED) ## Write what is made of the chart: schema, table of values, manifests
	@$(BIN)/python helm/generate.py
	@$(BIN)/python manifests/generate.py
	@$(BIN)/python -m tests.helm.rendering

images: image-train image-serve ## Build both images, tagged with the project's version (BUILD_ARGS=...)

# The commit's own date: the same commit gives the same labels.
image-train image-serve: image-%:
	@DOCKER_BUILDKIT=1 docker build $(BUILD_ARGS) --file Dockerfile.$* --tag secom-$*:$(VERSION) \
		--build-arg VERSION=$(VERSION) --build-arg REVISION=$$(git rev-parse HEAD) \
		--build-arg CREATED=$$(git log -1 --format=%cI) .

e2e: $(INSTALLED) can-load images ## Build, load, install, test and uninstall on a cluster (KUBECONFIG, SECOM_IMAGE_LOAD)
	@for image in secom-train:$(VERSION) secom-serve:$(VERSION); do $$SECOM_IMAGE_LOAD $$image || exit; done
	@$(BIN)/python -m pytest tests/e2e -m e2e $(ARGS)

# Asked before minutes of building. Where the cluster sees docker's own images, `true` will do.
.PHONY: can-load
can-load:
	@[ -n "$$KUBECONFIG" ] || { echo "set KUBECONFIG to a cluster with KServe" >&2; exit 1; }
	@[ -n "$$SECOM_IMAGE_LOAD" ] || { echo "set SECOM_IMAGE_LOAD to what puts an image" \
		"into that cluster, as in 'kind load docker-image'" >&2; exit 1; }

lock: $(INSTALLED) ## Lock what pyproject.toml asks for (its index: uv's own settings)
	@# dev holds the other two, so they follow it.
	$(LOCK) --extra dev --output-file requirements/dev.txt
	$(LOCK) --extra train --constraints requirements/dev.txt --output-file requirements/train.txt
	$(LOCK) --extra serve --constraints requirements/dev.txt --output-file requirements/serve.txt

clean: ## Remove what can be made again; .secom/ stays
	rm -rf .venv .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp comes last: an interrupted set-up starts again.
$(INSTALLED): requirements/dev.txt pyproject.toml
	@command -v $(PYTHON) >/dev/null || \
		{ echo "$(PYTHON) is not on the PATH: install Python 3.11, or name it with PYTHON=..." >&2; exit 1; }
	@echo "Setting up .venv (some minutes the first time)"
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --require-hashes --requirement requirements/dev.txt
	@$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@
