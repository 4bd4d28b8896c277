# Targets for people and for CI. Nothing but Python 3 and make has to be there: `.venv` gets the rest.
PYTHON ?= python3
VENV ?= .venv
WORKERS ?= 2
LAB_WORKERS ?= $(WORKERS)
BIN := $(CURDIR)/$(VENV)/bin
TREE := $(CURDIR)/build/tree
HERE := $(TREE)/ansible_collections/arc/lifecycle
READY := $(VENV)/.ready
PYTEST := PYTHONPATH=$(TREE) $(BIN)/python -m pytest
LAB_TESTS = PYTHONPATH=$(TREE):tests $(BIN)/python -m pytest tests/integration/lab tests/lab/tests -v --dist loadfile
# ansible-core 2.16 starts on these; where none of them is there, its gates say so and are left out.
FLOOR_PYTHON = $(firstword $(foreach v,3.10 3.11 3.12,$(shell python$(v) -c 'import ensurepip, venv; print("python$(v)")' 2>/dev/null)))
IF_FLOOR = test -n "$(FLOOR_PYTHON)" || { echo "no Python here that ansible-core 2.16 starts on: left out"; exit 0; };
LAB := cd tests && $(BIN)/python -m lab

export ANSIBLE_COLLECTIONS_PATH = $(TREE)
export PATH := $(BIN):$(PATH)

.DEFAULT_GOAL := help
.PHONY: help demo test units units-floor sanity sanity-floor lint changelog docs docs-site importer integration test-long molecule bench transcripts lab-build lab-up lab-down lab-smoke clean

help: ## Show the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(READY): tests/requirements.txt
	@echo "== environment in $(VENV)"
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --requirement tests/requirements.txt
	touch $@

# The checkout under the name that Ansible asks for, and kubernetes.core beside it.
$(HERE): $(READY)
	mkdir -p $(dir $(HERE))
	ln -sfn $(CURDIR) $(HERE)
	ln -sfn $$($(BIN)/python -c 'import ansible_collections as a; print(list(a.__path__)[0])')/kubernetes $(TREE)/ansible_collections/kubernetes

demo: $(HERE) ## Upgrade two lab clusters from ARC 0.9.0 to 0.14.2 while jobs run
	$(BIN)/python tests/demo.py

test: ## Run every check (what CI runs); all of them, also after one that failed
	@failed=; for gate in units units-floor "sanity sanity-floor" lint changelog docs docs-site importer integration; do \
	  echo "== $$gate"; start=$$(date +%s); \
	  if $(MAKE) --no-print-directory --jobs=2 $$gate; then word=passed; else word=FAILED; failed="$$failed $$gate"; fi; \
	  echo "== $$gate $$word in $$(( $$(date +%s) - start )) s"; done; \
	if [ -n "$$failed" ]; then echo "== FAILED:$$failed"; exit 1; fi; echo "== all passed"

units: $(HERE) ## Pure core, edge and modules, without a cluster; coverage of the pure core
	$(PYTEST) tests/unit -q -n 3 --cov=$(CURDIR)/plugins/module_utils/_pure --cov-fail-under=95 --cov-report=
	PYTHONPATH=$(TREE):tests $(BIN)/python -m pytest tests/lab/tests -q -n $(WORKERS) --dist loadfile -m "not lab"

# What asks something of ansible-core. `tests/versions.sh build/tree` runs all units on all versions.
units-floor: export UNITS = tests/unit/plugins/action tests/unit/plugins/plugin_utils tests/unit/plugins/inventory tests/unit/plugins/lookup tests/unit/plugins/doc_fragments tests/unit/roles \
  tests/unit/plugins/modules/test_arc_info.py tests/unit/plugins/modules/test_arc_plan.py
units-floor: $(HERE) ## Units of plugins and roles with the oldest ansible-core that is supported
	$(IF_FLOOR) tests/versions.sh $(TREE) $(FLOOR_PYTHON:python%=%):2.16

sanity: $(HERE) ## ansible-test sanity, without containers
	tests/sanity/run.sh $(VENV)

sanity-floor: $(HERE) ## The same with the oldest ansible-core that is supported
	$(IF_FLOOR) test -d build/floor || $(FLOOR_PYTHON) -m venv build/floor
	$(IF_FLOOR) build/floor/bin/pip install --quiet --disable-pip-version-check "ansible-core==2.16.*" "ansible>=9,<10"
	$(IF_FLOOR) SANITY_TREE=build/sanity-floor tests/sanity/run.sh build/floor

lint: $(HERE) ## ansible-lint, production profile
	$(BIN)/ansible-lint --offline

changelog: $(HERE) ## Lint the changelog fragments
	$(BIN)/antsibull-changelog lint
	$(BIN)/antsibull-changelog lint-changelog-yaml changelogs/changelog.yaml

docs: $(HERE) ## Lint documentation of the collection
	$(BIN)/antsibull-docs lint-collection-docs --plugin-docs --skip-rstcheck $(HERE)

docs-site: $(HERE) ## Make the docs site in build/docs
	rm -rf build/docs && mkdir -p build/docs/rst && chmod 755 build/docs/rst && cp -r docs/site/conf.py docs/site/static build/docs
	$(BIN)/antsibull-docs --config-file docs/site/antsibull-docs.cfg collection --cleanup everything --fail-on-error --use-current \
	  --squash-hierarchy --dest-dir build/docs/rst arc.lifecycle
	$(BIN)/sphinx-build -q -b html -c build/docs -W --keep-going build/docs/rst build/docs/html
	$(BIN)/python tests/site_links.py build/docs/html

importer: $(HERE) ## Build the tarball and judge it as Galaxy would
	rm -rf build/dist && $(BIN)/ansible-galaxy collection build --output-path build/dist
	$(BIN)/python tests/importer.py build/dist/*.tar.gz

# Two cores with several control planes on them can be slower than a time that a test grants. What failed is run once
# more, alone; what fails alone fails.
integration: $(HERE) lab-build ## On the lab's API servers
	$(LAB_TESTS) -n $(LAB_WORKERS) -m "lab and not long" --durations=10 || \
	  { echo "== what failed, once more and alone"; $(LAB_TESTS) -m "lab and not long" --last-failed --last-failed-no-failures none; }

test-long: $(HERE) lab-build ## What takes minutes each: scenarios, kills at random moments, faults
	$(LAB_TESTS) -n $(LAB_WORKERS) -m long

lab-build: $(HERE)
	$(LAB) build

molecule: $(HERE) lab-build ## Molecule's scenarios, each on a lab of its own
	$(BIN)/molecule test --all

bench: $(HERE) ## Measure against what a user would type instead, and what a drain costs
	$(BIN)/python tests/bench.py
	$(BIN)/python tests/bench_drain.py
	$(BIN)/python tests/bench_crd.py
	$(BIN)/python tests/bench_clear.py
	$(BIN)/python tests/bench_cycle.py

transcripts: $(HERE) lab-build ## Run the commands of the guide on the lab, and write what they said into it
	$(BIN)/python tests/transcripts.py

lab-up: $(HERE) ## Two clusters and the Actions service
	$(LAB) up

lab-down: $(HERE) ## Take the lab down
	$(LAB) down

lab-smoke: $(HERE) ## Two clusters, ARC 0.9.0, 20 jobs, and nothing left
	$(LAB) smoke

clean: ## Remove what make has made here; the built control plane stays in the user's cache
	rm -rf build $(VENV)
