# Everything a developer does. Go and make are all that is needed; `make test` installs Chromium and axe-core where they
# are missing.

TAGS    := nomsgpack
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
COMMIT  := $(shell git rev-parse --short HEAD 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X ledgersheet/internal/version.Version=$(VERSION) -X ledgersheet/internal/version.Commit=$(COMMIT)
GOLANGCI := v2.15.0
AXE     := 4.14.1
SHOTS   := $(CURDIR)/build/screenshots

.PHONY: run demo test race bench fuzz lint build smoke screenshots chromium axe help

help: ## show this list
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

demo: ## the whole service with simulated QuickBooks and Google; no account needed
	go run -tags $(TAGS) ./cmd/ledgersheet demo

run: ## the service with the settings of the environment
	go run -tags $(TAGS) ./cmd/ledgersheet serve

build: ## bin/ledgersheet, one static binary
	CGO_ENABLED=0 go build -trimpath -tags $(TAGS) -ldflags '$(LDFLAGS)' -o bin/ledgersheet ./cmd/ledgersheet

test: chromium axe ## all tests
	@test -z "$$(gofmt -l cmd exporters internal templates)" || { gofmt -l cmd exporters internal templates; echo 'run gofmt -w on these files'; exit 1; }
	go vet -tags $(TAGS) ./...
	go test -tags $(TAGS) ./...

race: chromium axe ## all tests under the race detector; RACE chooses packages
	go test -race -short -tags $(TAGS) $(or $(RACE),./...)

bench: ## speed and memory, in one table
	go run ./internal/bench $(BENCH)

fuzz: ## half a minute of fuzzing for each parser
	@for pkg in $$(grep -rl --include='*_test.go' '^func Fuzz' internal | xargs -n1 dirname | sort -u); do \
		for f in $$(grep -ho --include='*_test.go' '^func Fuzz[A-Za-z0-9]*' $$pkg/*_test.go | sed 's/func //'); do \
			go test -tags $(TAGS) ./$$pkg -run '^$$' -fuzz "^$$f\$$" -fuzztime 30s || exit 1; done; done

screenshots: chromium axe ## pictures of every page and state, light, dark and on a phone, in build/screenshots
	@mkdir -p $(SHOTS)
	LEDGERSHEET_SHOTS=$(SHOTS) go test -count=1 -tags $(TAGS) ./internal/web -run '^TestAxe$$'

lint: ## golangci-lint, installed at its pinned version where it is missing
	@command -v golangci-lint >/dev/null || go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI)
	PATH="$$PATH:$$(go env GOPATH)/bin" golangci-lint run --build-tags $(TAGS)

chromium: # the browser tests need one
	@command -v chromium >/dev/null || command -v google-chrome >/dev/null || [ -n "$$LEDGERSHEET_SKIP_BROWSER" ] || \
		{ echo 'installing Chromium for the browser tests'; $(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq --no-install-recommends chromium >/dev/null; }

axe: # the rules by which the browser tests judge pages: axe-core (MPL-2.0), kept out of what is built and of git
	@grep -qs '"version": "$(AXE)"' build/axe/node_modules/axe-core/package.json || [ -n "$$LEDGERSHEET_SKIP_BROWSER" ] || { \
		echo 'installing axe-core for the browser tests'; \
		command -v npm >/dev/null || { $(SUDO) apt-get update -qq && \
			$(SUDO) apt-get install -y -qq --no-install-recommends npm >/dev/null; }; \
		npm install --prefix build/axe --no-save --no-audit --no-fund --silent axe-core@$(AXE); }

SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
