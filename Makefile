# All commands for people and CI. `make` alone lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

# Debian packages: the store's library and the shell that reads it; matrix products for measured steps.
PACKAGES := libsqlite3-dev sqlite3 libdnnl-dev libopenblas-dev

BIN := .build/release
SHAPEFINDER := $(BIN)/shapefinder

# Linked with Swift's libraries where the toolchain has them: a launch that loads none takes 5 ms instead of 9.
STATIC_LIBRARIES := $(shell swift -print-target-info 2> /dev/null | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')_static/linux/libswiftCore.a
RELEASE := -c release $(if $(wildcard $(STATIC_LIBRARIES)),-Xswiftc -static-stdlib)
BUILD := swift build $(RELEASE)

# Tests need internal access, so they have a separate build: neither it nor the program's rebuilds the other.
TESTABLE := -c release -Xswiftc -enable-testing --scratch-path .build/testing
TESTS := .ci/tests-ran swift test $(TESTABLE) --skip-build --parallel

# The library's modules are documented together: DocC has no page of what is re-exported in the module that re-exports it.
MODULES := Shapefinder VisionTransformer Catalog Estimation Selection
DOCS := .build/docs

PREFIX ?= /usr/local
FUZZ_SECONDS ?= 3600
SOAK_SECONDS ?= 3600
VENV := Validation/venv
# Port for the tests of the service.
PAGE_PORT ?= 8643

.DEFAULT_GOAL := help
.PHONY: help setup build program build-tests fitmap test plugins compilers lint format docs reports fuzz soak benchmark oracle field page api load install clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install the system packages that are missing
	@command -v swift > /dev/null || { echo "swift is missing: install Swift 6.2 or later, see https://www.swift.org/install" >&2; exit 69; }
	@command -v dpkg-query > /dev/null || { echo "not Debian: make sure that there are SQLite's headers and shell, and oneDNN or OpenBLAS to measure"; exit 0; }; \
	missing=(); \
	for package in $(PACKAGES); do \
	  [ "$$(dpkg-query -W -f '$${db:Status-Status}' $$package 2> /dev/null)" = installed ] || missing+=($$package); \
	done; \
	[ $${#missing[@]} -gt 0 ] || exit 0; \
	root=; [ "$$(id -u)" = 0 ] || root=sudo; \
	$$root apt-get update; \
	$$root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$${missing[@]}"

# All at once: the service's libraries are compiled beside the program's own modules, which wait for each other.
build: setup ## build the program, its worker, which measures and compiles, and its service
	$(BUILD)

# Only what estimates need.
program: setup
	$(BUILD) --product shapefinder

build-tests: setup ## build the tests
	swift build $(TESTABLE) --build-tests

fitmap: program ## build the program, enumerate and store the grid of Figure 8, and show its fit map
	$(SHAPEFINDER) enumerate figure8 --store figure8.sqlite
	$(SHAPEFINDER) map figure8 --from-store --store figure8.sqlite

test: build-tests ## build and run the tests; the whole log is in .build/tests.log
	$(TESTS)

plugins: program ## install the compilers that tests use if they are there: libtpu and the CPU plugin, 190 MB to fetch
	$(SHAPEFINDER) plugin install tpu
	$(SHAPEFINDER) plugin install cpu

# The pinned compilers (Sources/Compilation/Plugin/PluginRelease.swift): some 500 MB to fetch, 1.8 GB in the user's cache.
LIBTPU := 0.0.17.1 0.0.32 0.0.52

compilers: build build-tests ## install three generations of libtpu and the CPU plugin, and test with each
	for version in $(LIBTPU); do $(SHAPEFINDER) plugin install tpu --version $$version; done
	$(SHAPEFINDER) plugin install cpu
	$(TESTS) --filter 'CompilePluginTests|HostExecutionTests'

lint: ## check the style
	swift format lint --strict --parallel --recursive Sources Tests Plugins Package.swift

format: ## rewrite the sources in the project's style
	swift format --in-place --parallel --recursive Sources Tests Plugins Package.swift

docs: ## build the documentation
	swift package --scratch-path $(DOCS) --allow-writing-to-directory $(DOCS) generate-documentation $(MODULES:%=--target %) \
	  --enable-experimental-combined-documentation --warnings-as-errors --output-path $(DOCS)/Shapefinder.doccarchive
	@echo 'Read it: python3 -m http.server --directory $(DOCS)/Shapefinder.doccarchive, and http://localhost:8000/documentation/shapefinder'

reports: program ## regenerate reports/ and the tables of the README
	$(SHAPEFINDER) report

fuzz: build-tests ## fuzz readers and estimates (10^7 configurations at most) for FUZZ_SECONDS (an hour)
	SHAPEFINDER_FUZZ_SECONDS=$(FUZZ_SECONDS) $(TESTS) --filter Fuzz

soak: build-tests ## enumerate and store for SOAK_SECONDS (an hour), watching memory
	SHAPEFINDER_SOAK_SECONDS=$(SOAK_SECONDS) $(TESTS) --filter Soak

benchmark: program ## measure estimates and stored rows a second, and the time to the fit map
	$(SHAPEFINDER) benchmark

oracle: $(VENV)/.installed ## install the independent oracle (Python with JAX) into Validation/venv
	@echo 'Ask it: $(VENV)/bin/python Validation/oracle.py --memory '"'"'{"shape": "ViT-G/14"}'"'"

$(VENV)/.installed: Validation/requirements.txt
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --requirement $<
	touch $@

# Clones of what is asked beside this program: `git clone https://github.com/calculon-ai/calculon`, and of ISEEKYAN/mbridge.
CALCULON ?=
MBRIDGE ?=
FIELD := Validation/fieldenv

field: program $(FIELD)/.installed ## ask everything that estimates a training step about the same 20: reports/field.md
	$(FIELD)/bin/python Validation/field.py --shapefinder $(SHAPEFINDER) --output reports/field.md \
	  $(CALCULON:%=--calculon %) $(MBRIDGE:%=--mbridge %)

$(FIELD)/.installed: Validation/requirements-field.txt Validation/requirements-pytorch.txt
	python3 -m venv $(FIELD)
	$(FIELD)/bin/pip install --requirement $<
	touch $@

page: $(VENV)/.page ## work the service's page in Debian's chromium, and hold it against the command line
	$(BIN)/shapefinder-service --no-store --port $(PAGE_PORT) & service=$$!; trap "kill $$service" EXIT; \
	$(VENV)/bin/python Validation/page_test.py http://127.0.0.1:$(PAGE_PORT) $(SHAPEFINDER) $(PAGE_OPTIONS)

$(VENV)/.page: Validation/page-requirements.txt
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --requirement $<
	touch $@

api: $(VENV)/.api ## ask the service what no client would, as its document allows and as it does not (schemathesis)
	$(BIN)/shapefinder-service --no-store --port $(PAGE_PORT) & service=$$!; trap "kill $$service" EXIT; \
	$(VENV)/bin/python Validation/api_test.py http://127.0.0.1:$(PAGE_PORT) $(API_OPTIONS)

load: build ## load the service beside a bare route of its library: rates, tails, memory, a slow reader (wrk, nghttp2-client)
	python3 Validation/load_test.py $(LOAD_OPTIONS)

$(VENV)/.api: Validation/api-requirements.txt
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --requirement $<
	touch $@

install: build ## install program, service with its systemd unit, man page and completions under PREFIX (/usr/local)
	mkdir -p .build/manual
	swift package $(RELEASE) --allow-writing-to-directory .build/manual generate-manual --output-directory .build/manual
	sed -i -e 's/^$$/.Pp/' -e 's/^\.Os$$/.Os Shapefinder/' \
	  -e 's/^\.Ex -std.*/Exit codes stand in DESCRIPTION, those of a command with it./' .build/manual/shapefinder.1
	install -Dm 755 $(SHAPEFINDER) $(DESTDIR)$(PREFIX)/bin/shapefinder
	install -Dm 755 $(BIN)/shapefinder-worker $(DESTDIR)$(PREFIX)/bin/shapefinder-worker
	install -Dm 755 $(BIN)/shapefinder-service $(DESTDIR)$(PREFIX)/bin/shapefinder-service
	mkdir -p $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed 's,@PREFIX@,$(PREFIX),' Packaging/shapefinder.service > $(DESTDIR)$(PREFIX)/lib/systemd/system/shapefinder.service
	install -Dm 644 .build/manual/shapefinder.1 $(DESTDIR)$(PREFIX)/share/man/man1/shapefinder.1
	mkdir -p $(DESTDIR)$(PREFIX)/share/bash-completion/completions $(DESTDIR)$(PREFIX)/share/zsh/site-functions $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	$(SHAPEFINDER) --generate-completion-script bash > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/shapefinder
	$(SHAPEFINDER) --generate-completion-script zsh > $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_shapefinder
	$(SHAPEFINDER) --generate-completion-script fish > $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/shapefinder.fish

clean: ## remove what was built
	rm -rf .build
