# Every target that people use has a line beginning with "## " above it.
GO ?= go

.DEFAULT_GOAL := help
.PHONY: help build fabric

## help: list the targets
help:
	@sed -n 's/^## /  /p' $(MAKEFILE_LIST)

## build: the product's programs, into bin/
build:
	$(GO) build -o bin/datarights ./cmd/datarights
	$(GO) build -o bin/baseline ./test-network/baseline
ifneq ($(wildcard chaincode/main.go),)
	$(GO) build -o bin/chaincode ./chaincode
endif

## fabric: Fabric's node programs, into bin/fabric/ (once), or those in FABRIC_BIN
fabric: build
	./bin/datarights network fabric
