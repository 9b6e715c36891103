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

.PHONY: help run demo serve test bench lint compile chart images image-train image-serve e2e cluster \
	version package publish lock clean
.NOTPARALLEL:

help: ## List what there is to do
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(INSTALLED) ## Train, judge and perhaps promote; report in .secom/ (SECOM_DATA=folder, ARGS=...)
	@$(BIN)/secom run $(ARGS)

demo: $(INSTALLED) ## Show the closed loop on this machine: drift, alert, training, verdict (ARGS=...)
	@$(BIN)/secom demo $(ARGS)

serve: $(INSTALLED) ## Serve the champion on loopback (ARGS=...)
	@$(BIN)/secom serve $(ARGS)

test: $(INSTALLED) ## Run all tests that need no cluster
	@$(BIN)/coverage run -m pytest
	@$(BIN)/coverage report

bench: $(INSTALLED) ## Measure beside stock servers; needs wrk (SECOM_DATA=folder, ARGS=...)
	@$(BIN)/python -m tests.benchmarks $(ARGS)

lint: $(INSTALLED) ## Check code, chart, Dockerfiles and workflows
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python -m helm.lint
	@$(BIN)/hadolint Dockerfile.*
	@$(BIN)/zizmor --offline --quiet --no-progress --persona pedantic .github
	@$(MAKE) --silent actionlint

# A program of Go's, so in no lock of Python's: from the PATH, or else by Go itself. The steps here
# are short; what else it would call on differs from machine to machine.
.PHONY: actionlint
actionlint: FLAGS := -shellcheck= -pyflakes=
actionlint:
	@if command -v actionlint >/dev/null; then actionlint $(FLAGS); \
	elif command -v go >/dev/null; then go run github.com/rhysd/actionlint/cmd/actionlint@v1.7.7 $(FLAGS); \
	elif [ -z "$$CI" ]; then echo "not run: actionlint is not on the PATH"; \
	else echo "neither actionlint nor go is on the PATH" >&2; exit 1; fi

compile: $(INSTALLED) ## Write the pipelines as YAML for Kubeflow (checked in)
	@$(BIN)/secom compile $(ARGS)

chart: $(INSTALLED) ## Write what is generated: dashboards, schema, table of values, manifests
	@$(BIN)/python helm/generate.py
	@$(BIN)/python -m manifests.dashboards.main
	@$(BIN)/python -m manifests.rules.generate
	@$(BIN)/python manifests/generate.py
	@$(BIN)/python -m tests.helm.rendering

images: image-train image-serve ## Build both images, tagged with the project's version (BUILD_ARGS=...)

# The commit's own date: the same commit gives the same labels.
image-train image-serve: image-%:
	@DOCKER_BUILDKIT=1 docker build $(BUILD_ARGS) --file Dockerfile.$* --tag secom-$*:$(VERSION) \
		--build-arg VERSION=$(VERSION) --build-arg CREATED=$$(git log -1 --format=%cI) \
		--build-arg REVISION=$$(git describe --always --dirty --abbrev=40 --exclude='*') .

e2e: $(INSTALLED) can-load images ## Build, load, install, test and uninstall on a cluster (KUBECONFIG, SECOM_IMAGE_LOAD)
	@for image in secom-train:$(VERSION) secom-serve:$(VERSION); do $$SECOM_IMAGE_LOAD $$image || exit; done
	@$(BIN)/python -m pytest tests/e2e -m e2e $(ARGS)

# Asked before minutes of building. Where the cluster sees docker's own images, `true` will do.
.PHONY: can-load
can-load:
	@[ -n "$$KUBECONFIG" ] || { echo "set KUBECONFIG to a cluster with KServe" >&2; exit 1; }
	@[ -n "$$SECOM_IMAGE_LOAD" ] || { echo "set SECOM_IMAGE_LOAD to what puts an image" \
		"into that cluster, as in 'kind load docker-image'" >&2; exit 1; }

cluster: ## Give a new cluster of kind's all that the chart builds on (needs the internet)
	@.github/cluster/install

version: ## Say which version this is (TAG=v... must be its tag)
	@[ "$${TAG:-v$(VERSION)}" = "v$(VERSION)" ] || \
		{ echo "the tag is $$TAG, and pyproject.toml says $(VERSION)" >&2; exit 1; }
	@echo $(VERSION)

package: ## Pack the chart into dist/ (REGISTRY=where its images are)
	@rm -rf dist/secom && mkdir -p dist && cp -r helm/secom dist/
	@sed 's|repository: secom-|repository: $(addsuffix /,$(REGISTRY))secom-|' \
		helm/secom/values.yaml >dist/secom/values.yaml
	@helm package dist/secom --destination dist --version $(VERSION) --app-version $(VERSION) >&2

publish: package ## Push the chart to REGISTRY, and print its digest
	@helm push dist/secom-$(VERSION).tgz oci://$(REGISTRY)/charts >dist/pushed 2>&1 || \
		{ cat dist/pushed >&2; exit 1; }
	@sed -n 's/^Digest: /digest=/p' dist/pushed

lock: $(INSTALLED) ## Lock what pyproject.toml asks for (its index: uv's own settings)
	@# dev holds the other two, so they follow it.
	$(LOCK) --extra dev --output-file requirements/dev.txt
	$(LOCK) --extra train --constraints requirements/dev.txt --output-file requirements/train.txt
	$(LOCK) --extra serve --constraints requirements/dev.txt --output-file requirements/serve.txt

clean: ## Remove what can be made again; .secom/ stays
	rm -rf .venv .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp comes last: an interrupted set-up starts again. A lock names everything, so pip need not
# resolve: it would look at newer releases first, and refuse those for want of a hash.
$(INSTALLED): requirements/dev.txt pyproject.toml
	@command -v $(PYTHON) >/dev/null || \
		{ echo "$(PYTHON) is not on the PATH: install Python 3.11, or name it with PYTHON=..." >&2; exit 1; }
	@echo "Setting up .venv (some minutes the first time)"
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --no-deps --require-hashes --requirement requirements/dev.txt
	@$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@
