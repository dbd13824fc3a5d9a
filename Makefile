SHELL       := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

FUNCTIONS := $(notdir $(wildcard functions/*))
FUZZTIME  ?= 60s
SOAKTIME  ?= 2m
BENCHTIME ?= 1s
BENCH     ?= ./internal/bench ./cmd/inndx
# The architecture of this machine, by Lambda's name for it.
ARCH      := $(subst amd64,x86_64,$(shell go env GOARCH))

# A function contains no build path and no commit. So the same code makes the same binary, and a
# deployment updates only the functions that changed.
FUNCTION_FLAGS := -trimpath -buildvcs=false -tags lambda.norpc -ldflags="-s -w"

.PHONY: help
help: ## print this text
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: build/inndx ## run the whole service on this machine, until Ctrl-C
	@exec build/inndx serve

.PHONY: test
test: ## run all tests with the race detector and DynamoDB Local; print the coverage
	go run ./internal/dynamolocal/with go test -race -shuffle=on -timeout=10m -coverprofile=coverage.out ./...
	@go tool cover -func=coverage.out | tail -n 1

.PHONY: test-real
test-real: ## crawl a documentation package of Debian; compare with its files and with a link checker
	go test -tags real -run '^TestReal' -count=1 -timeout=15m -v ./internal/local ./cmd/inndx

.PHONY: test-clients
test-clients: ## test the libraries of clients/, and clients of other generators, with the service
	go test -tags clients -count=1 -timeout=10m -v ./internal/clients/...

.PHONY: clients
clients: ## generate the libraries of clients/ from openapi.yaml
	go generate ./internal/openapi
	go run ./internal/clients/generate

.PHONY: test-archive
test-archive: ## crawl a site with everything kept; read the archive with the tools of the field
	ARCHIVE_TOOLS=$$(localstack/venv archive)/bin \
		go test -tags archive -run '^TestArchive' -count=1 -timeout=10m -v ./internal/local

.PHONY: dashboard
dashboard: ## bundle the dashboard into internal/dashboard/dist, after a change of its sources
	@internal/dashboard/web/build

# RUN names tests, and SCREENSHOTS a folder for pictures of the pages.
RUN ?= .
.PHONY: test-dashboard
test-dashboard: ## test the dashboard in Node.js and Chromium; RUN=TestName for some, SCREENSHOTS=folder for pictures
	internal/dashboard/web/test
	AXE=$$(tools/npm-packages internal/dashboard/web)/node_modules/axe-core/axe.min.js SCREENSHOTS=$(abspath $(SCREENSHOTS)) \
		go test -tags browser -run '$(RUN)' -count=1 -timeout=10m -v ./internal/chromium ./internal/dashboard/browsertest

.PHONY: bench
bench: ## run the benchmarks of BENCH (packages), each for BENCHTIME (1s)
	go run ./internal/dynamolocal/with go test -p 1 -run '^$$' -bench . -benchtime $(BENCHTIME) -timeout=30m $(BENCH)

# BENCHMARKS is a file with the output of `make bench` and `make functions-report`.
BENCHMARKS ?= internal/cost/benchmarks.txt
.PHONY: cost
cost: ## print what the service costs on AWS, by the output of benchmarks in the file BENCHMARKS
	@go run ./internal/cost -benchmarks $(BENCHMARKS)

.PHONY: cost-docs
cost-docs: ## update the tables of docs/cost.md
	go run ./internal/cost -docs docs/cost.md

# What `make cost` reads, and nothing else.
COST_BENCH := ^Benchmark(Crawl|PoliteCrawl|Record|WriteUnits|PageOf100000RunsOver1000|PageOf10000000Runs)$$

.PHONY: cost-benchmarks
cost-benchmarks: ## measure what docs/cost.md is computed of, and update it
	@mkdir -p build
	go run ./internal/dynamolocal/with go test -p 1 -run '^$$' -bench '$(COST_BENCH)' -timeout=30m ./internal/bench | tee build/benchmarks.txt
	$(MAKE) functions-report | tee -a build/benchmarks.txt
	grep -E '^(goos|goarch|pkg|cpu|Benchmark)|^ +bootstrap_test' build/benchmarks.txt > internal/cost/benchmarks.txt
	$(MAKE) cost-docs

# Without -fuzzminimizetime, go spends most of the time on making inputs smaller.
.PHONY: fuzz
fuzz: ## run each fuzz target for FUZZTIME (60s)
	@for package in $$(grep -rl --include='*_test.go' '^func Fuzz' internal cmd | xargs -n 1 dirname | sort -u); do \
		for target in $$(grep -oh '^func Fuzz[A-Za-z0-9_]*' $$package/*_test.go | cut -c 6-); do \
			echo "$$package $$target"; \
			go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 50x ./$$package; \
		done; \
	done

.PHONY: soak
soak: ## crawl for SOAKTIME (2m) with faults and kills; count lost and doubled URLs
	SOAKTIME=$(SOAKTIME) go run ./internal/dynamolocal/with \
		go test -race -tags soak -run '^TestSoak' -count=1 -timeout=0 -v ./internal/crawl ./cmd/inndx

# The linters have a module of their own, so the service does not depend on theirs.
.PHONY: lint
lint: ## check with gofmt, go vet, staticcheck and the other linters of .golangci.yml
	go tool -modfile=tools/go.mod golangci-lint run
	cd clients/go && go tool -modfile=../../tools/go.mod golangci-lint run

.PHONY: build
build: build/inndx build/arm64 build/x86_64 ## build the command and every function for arm64 and x86_64

# Go knows better than make which files are up to date. One go build makes all functions, so that it
# compiles shared packages once.
.PHONY: FORCE
build/inndx: FORCE
	@go build -buildvcs=false -ldflags="-X main.commit=$$(git rev-parse --short HEAD 2>/dev/null || true)" -o $@ ./cmd/inndx

build/arm64 build/x86_64: build/%: FORCE
	@GOOS=linux GOARCH=$(subst x86_64,amd64,$*) CGO_ENABLED=0 go build $(FUNCTION_FLAGS) -o build/bin/$*/ ./functions/...
	@for name in $(FUNCTIONS); do \
		mkdir -p build/$*/$$name; \
		ln -f build/bin/$*/$$name build/$*/$$name/bootstrap; \
	done

.PHONY: functions-report
functions-report: build/$(ARCH) ## start every function as Lambda does; print size, start time, memory and log
	FUNCTIONS_DIR=$(CURDIR)/$< go test -count=1 -v -run '^TestBootstraps$$' ./internal/lambdafn

# AWS. ENV is an environment of samconfig.toml.
ENV   ?= default
STACK := inndx-runs$(if $(filter-out default,$(ENV)),-$(ENV))
# The sam command of this machine, or else one in .cache.
SAM   ?= $(or $(shell command -v sam),$$(localstack/venv sam)/bin/sam)
export SAM_CLI_TELEMETRY := 0
# Unlike other tools, the sam command does not read AWS_REGION.
ifdef AWS_REGION
export AWS_DEFAULT_REGION ?= $(AWS_REGION)
endif

.PHONY: environment
environment:
	@grep -q '^\[$(ENV)\.deploy' samconfig.toml || { echo "samconfig.toml has no environment $(ENV)"; exit 1; }

.PHONY: docker
docker:
	@docker info >/dev/null 2>&1 && docker compose version >/dev/null 2>&1 || \
		{ echo "Docker is needed: install it with its compose plugin, and start it"; exit 1; }

.PHONY: lint-template
lint-template: ## check template.yaml with sam validate and cfn-lint
	@venv=$$(localstack/venv sam); \
	"$$venv/bin/sam" validate --lint --region us-east-1; \
	"$$venv/bin/cfn-lint" template.yaml

.PHONY: lint-openapi
lint-openapi: ## check openapi.yaml with Spectral and Redocly; compile a TypeScript client
	@internal/openapi/lint/run

.PHONY: lint-dashboard
lint-dashboard: ## check the types of the dashboard, and that internal/dashboard/dist is up to date
	@internal/dashboard/web/check

.PHONY: deploy
deploy: environment build/arm64 build/x86_64 ## deploy to the current AWS account, as the environment ENV (default) of samconfig.toml
	$(SAM) deploy --config-env $(ENV)

.PHONY: delete
delete: environment ## delete the stack of ENV, except its table and its bucket
	$(SAM) delete --config-env $(ENV)

.PHONY: logs
logs: environment ## follow the log of all functions of ENV
	$(SAM) logs --cw-log-group /$(STACK)/functions --tail

.PHONY: invoke
invoke: docker build/inndx build/$(ARCH) ## call FUNCTION, such as get-run, in a container, with its sample event
	@test -f "events/$(FUNCTION).json" || { echo "name a function: make invoke FUNCTION=get-run"; exit 1; }
	@SAM="$(SAM)" localstack/sam-local invoke "$$(echo $(FUNCTION) | sed -E 's/(^|-)(.)/\u\2/g')Function" --event events/$(FUNCTION).json

.PHONY: sam-local
sam-local: docker build/inndx build/$(ARCH) ## serve the API with functions in containers, at http://localhost:3000
	@SAM="$(SAM)" localstack/sam-local start-api

# Emulators. AWS_ENDPOINT_URL is the address of the emulator.
EMULATED := build/$(ARCH)
LOCALSTACK_ENV := AWS_ENDPOINT_URL=$${AWS_ENDPOINT_URL:-http://localhost:4566} \
	AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=us-east-1

.PHONY: localstack-up
localstack-up: docker ## start LocalStack in a container
	docker compose -f localstack/compose.yaml up --detach --wait localstack

.PHONY: localstack-deploy
localstack-deploy: $(EMULATED) ## deploy to the emulator at AWS_ENDPOINT_URL, open to all callers
	$(LOCALSTACK_ENV) go run ./localstack/deploy AuthMode=none AllowPrivateAddresses=true TableDeletionProtection=false CrawlConcurrency=10

.PHONY: localstack-test
localstack-test: $(EMULATED) ## deploy to the emulator at AWS_ENDPOINT_URL and test the deployment
	$(LOCALSTACK_ENV) go test -tags emulator -count=1 -timeout=5m -v ./internal/deploy

.PHONY: localstack-down
localstack-down: ## stop LocalStack and delete its data
	docker compose -f localstack/compose.yaml down

.PHONY: ministack-up
ministack-up: ## run MiniStack, an emulator without Docker, at http://127.0.0.1:4566
	@MINISTACK_PORT=4566 localstack/with-ministack sh -c 'echo "MiniStack is at $$AWS_ENDPOINT_URL, until Ctrl-C"; exec sleep infinity'

.PHONY: ministack-test
ministack-test: ## start MiniStack, deploy to it, test the deployment, and stop it
	@localstack/with-ministack $(MAKE) localstack-test

.PHONY: clean
clean: ## remove build outputs, but not data (.data) and downloads (.cache)
	rm -rf build coverage.out .aws-sam
