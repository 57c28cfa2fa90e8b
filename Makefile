# Every task of the project, from a fresh clone on. `make help` lists them; each says what is missing and how to get it.
SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory

# Where cargo writes; `.ci/run` puts it outside of the clone.
export CARGO_TARGET_DIR ?= $(CURDIR)/target
export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD = 1

CARGO ?= cargo
NPM ?= npm
NPM_CI := $(NPM) ci --no-audit --no-fund --loglevel=error
BIN := $(CARGO_TARGET_DIR)/release/hoopoe
TEST_BUILD := $(CARGO_TARGET_DIR)/debug
ARGS ?=

WEB_SOURCES := $(shell find web/src web/public web/index.html web/vite.config.ts web/package.json web/tsconfig*.json -type f 2>/dev/null)

.PHONY: help demo demo-linked build binary test check gen bench watch screens images clean \
        test-web test-rust test-build test-e2e check-rust check-web check-deps check-generated tools-rust tools-node

help: ## List the tasks.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: build ## Build all and show it: a shop with simulated customers on http://127.0.0.1:8080.
	@exec "$(BIN)" demo $(ARGS)

demo-linked: web/dist/index.html test-build ## The demo with a simulated phone that can be linked, in the build for tests.
	@scripts/demo-linked run "$(TEST_BUILD)" $(ARGS)

build: web/dist/index.html binary ## Build the web app and the one binary that holds it.

binary: tools-rust
	$(CARGO) build --release --locked --bin hoopoe

test: ## Run every test: web app, server on SQLite and PostgreSQL, and the release binary in a browser.
	@began=$$SECONDS; $(MAKE) test-web && $(MAKE) test-rust && $(MAKE) test-e2e && \
	echo "make test: passed (web app, Rust workspace with PostgreSQL, release binary in Chromium) in $$((SECONDS - began)) s"

test-web: web/node_modules/.package-lock.json
	cd web && $(NPM) run lint
	cd web && $(NPM) run test
	@$(MAKE) web/dist/index.html
	cd web && $(NPM) run size

test-rust: tools-rust tests/socket-client/node_modules/.package-lock.json
	HOOPOE_REQUIRE_ALL_TESTS=1 scripts/with-postgres $(CARGO) test --workspace --locked

# Linked devices are tried in the browser with what `cargo test` builds: no release build talks to their mock.
test-build: tools-rust
	$(CARGO) test --workspace --locked --no-run --quiet

test-e2e: build test-build e2e/node_modules/.package-lock.json
	@scripts/tools chromium
	cd e2e && HOOPOE_BIN="$(BIN)" HOOPOE_TEST_BUILD="$(TEST_BUILD)" npx --no-install playwright test --project=e2e $(ARGS)

check: check-rust check-web check-deps check-generated ## Check format, lints, licences, and that generated files are clean.
	@echo "make check: passed"

check-rust: tools-rust
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings

check-web: web/node_modules/.package-lock.json e2e/node_modules/.package-lock.json
	cd web && $(NPM) run lint && npx --no-install tsc -b
	cd e2e && npx --no-install tsc

check-deps: tools-rust
	@scripts/check-deps

check-generated: tools-rust web/node_modules/.package-lock.json
	@scripts/check-generated

gen: tools-rust web/node_modules/.package-lock.json ## Write openapi.json and the web app's types anew.
	@scripts/gen

bench: web/dist/index.html tools-rust ## Measure beside a conventional Node stack (about twenty minutes); writes bench/RESULTS.md.
	$(CARGO) build --release --locked -p hoopoe -p hoopoe-bench
	$(CARGO) build --release --locked -p hoopoe-simulator --features linked --example linked_phones
	$(CARGO) test --locked --no-run --quiet -p hoopoe --test it
	cd bench/node-stack && $(NPM_CI)
	"$(CARGO_TARGET_DIR)/release/hoopoe-bench" --test-hoopoe "$(CARGO_TARGET_DIR)/debug/hoopoe" \
	  --linked-phones "$(CARGO_TARGET_DIR)/release/examples/linked_phones" $(ARGS)

watch: binary ## Follow the events of a running server in the terminal: make watch ARGS='--help'.
	@exec "$(BIN)" watch $(ARGS)

screens: build test-build e2e/node_modules/.package-lock.json ## Take pictures of the pages into e2e/screens/.
	@scripts/tools chromium
	cd e2e && HOOPOE_BIN="$(BIN)" HOOPOE_TEST_BUILD="$(TEST_BUILD)" npx --no-install playwright test --project=screens

images: screens ## Take the pictures of the README anew.
	@scripts/images

clean: ## Remove what was built, and the demo's data.
	$(CARGO) clean
	rm -rf web/dist web/node_modules e2e/node_modules tests/socket-client/node_modules bench/node-stack/node_modules demo-data

tools-rust:
	@scripts/tools rust

tools-node:
	@scripts/tools node

web/node_modules/.package-lock.json: web/package.json web/package-lock.json | tools-node
	cd web && $(NPM_CI)
	@touch $@

e2e/node_modules/.package-lock.json: e2e/package.json e2e/package-lock.json | tools-node
	cd e2e && $(NPM_CI)
	@touch $@

tests/socket-client/node_modules/.package-lock.json: tests/socket-client/package.json tests/socket-client/package-lock.json | tools-node
	cd tests/socket-client && $(NPM_CI)
	@touch $@

web/dist/index.html: web/node_modules/.package-lock.json $(WEB_SOURCES)
	cd web && $(NPM) run build
	@touch $@
