# datarights: a consortium ledger for a city's data market.
# `make help` lists what can be done; the README says in which order.

SHELL       := /bin/bash
.DEFAULT_GOAL := help
GO          ?= go
RUN_DIR     ?= run
CONFIG      ?= network/consortium.yaml
LINT        := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.11.4
# An operator's own Fabric programs: make demo FABRIC_BIN=/opt/fabric/bin
export FABRIC_BIN

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## build bin/datarights and bin/chaincode
	@mkdir -p bin/.new
	@echo "… 构建程序 / Build the programs"
	@$(GO) build -o bin/.new/datarights ./cmd/datarights
	@$(GO) build -o bin/.new/chaincode ./chaincode
	@# A program that did not change is left alone, and with it what runs from it.
	@for program in datarights chaincode; do \
		cmp -s bin/.new/$$program bin/$$program || mv bin/.new/$$program bin/$$program; \
	done

.PHONY: fabric
fabric: build ## build Fabric's node programs from the pinned module, unless FABRIC_BIN has them
	@bin/datarights network fabric

.PHONY: demo
demo: fabric ## start the consortium and tell the market's story on it
	@bin/datarights demo --dir $(RUN_DIR) --config $(CONFIG)

.PHONY: up
up: fabric ## start the consortium only
	@bin/datarights network up --dir $(RUN_DIR) --config $(CONFIG)

.PHONY: down
down: ## stop the consortium; its state stays
	@if [ -x bin/datarights ]; then bin/datarights network down --dir $(RUN_DIR); fi

.PHONY: clean
clean: down ## stop the consortium and remove its state
	rm -rf $(RUN_DIR)

.PHONY: test
test: fabric tools ## everything: unit, contract, consortium, browser
	$(GO) vet ./...
	@# One package at a time: two consortia at once is more than two cores carry.
	$(GO) test -p 1 -timeout 30m ./...

.PHONY: tools
tools: ## install what the tests need beside Go: Chromium, fonts, openssl, promtool, mandoc
	@test-network/tools

.PHONY: fuzz
fuzz: ## run every fuzz target for FUZZTIME (30s)
	@FUZZTIME=$${FUZZTIME:-30s} test-network/fuzz

# BENCH_FLAGS: --quick, --json, --dir run (on the running consortium); --help lists them.
.PHONY: bench
bench: fabric ## measure against baselines, on a consortium of its own; then reads of a city a tenth of the size
	@$(GO) build -o bin/baseline ./test-network/baseline
	@$(GO) build -o bin/bench ./test-network/bench
	@bin/bench $(BENCH_FLAGS)
	@$(MAKE) --no-print-directory read-bench READ_FLAGS="$(or $(READ_FLAGS),$(if $(findstring quick,$(BENCH_FLAGS)),-quick,-rights 100000))"

# READ_FLAGS: -quick, -rights, -rate, -each, -memory, -dir with -keep, -rebuild-only, -json
.PHONY: read-bench
read-bench: ## rebuild and read an index of a million rights, under load
	@$(GO) build -o bin/readbench ./test-network/readbench
	@bin/readbench $(READ_FLAGS)

# TRACE_FLAGS: -rows, -decoys, -trials, -sketches (0: matching is not measured)
.PHONY: trace-bench
trace-bench: ## attack stolen tables, trace them, and write docs/tracing.md
	@$(GO) build -o bin/tracebench ./test-network/tracebench
	@bin/tracebench -out docs/tracing.md $(TRACE_FLAGS)

# LINEAGE_FLAGS: -edges, -depth, -runs, -roots
.PHONY: lineage-bench
lineage-bench: ## trace a million edges, in the gateway's graph and in PostgreSQL
	@$(GO) build -o bin/lineagebench ./test-network/lineagebench
	@bin/lineagebench $(LINEAGE_FLAGS)

# SHOT_FLAGS: --only NAMES, --out FOLDER
.PHONY: screenshots
screenshots: ## pictures of the main pages of the running demo, into docs/images
	@$(GO) build -o bin/screenshots ./test-network/screenshots
	@bin/screenshots $(SHOT_FLAGS)

.PHONY: lint
lint: ## gofmt, vet and golangci-lint
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); exit 1; }
	$(GO) vet ./...
	$(GO) run $(LINT) run ./...

.PHONY: man
man: build ## write the manual pages to bin/man
	@bin/datarights man --dir bin/man

.PHONY: docs
docs: ## regenerate docs from the tables in the code
	$(GO) generate ./...
