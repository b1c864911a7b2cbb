# `make run` and `make test` need Python >= 3.11 and make, nothing else. `make` alone prints this help.
SHELL := /bin/sh
.DEFAULT_GOAL := help
VENV := .venv/bin
DATA ?= data
ARGS ?=
SOURCES := libs/kit/src libs/media/src libs/testing/src runner/src web/src/huiyan_web \
           services/registry/src services/ingest/src services/relay/src services/recorder/src services/analytics/src
PYTEST := $(VENV)/python -m pytest -p no:cacheprovider

.PHONY: help setup run demo test test-unit test-integration test-e2e test-web lint type addresses-check \
        bench proto proto-check docs docs-check pictures images images-check k8s-check lock docs web clean distclean

help: ## 这份帮助 / this help
	@echo '慧眼 Huiyan — make <target>'
	@awk -F ':.*## ' '/^[a-z0-9%-]+:.*## / {printf "  \033[1m%-18s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo '  PYTHON=python3.12 选解释器 / chooses the interpreter; ARGS="--port 0" 传给 huiyan up / goes to huiyan up'

setup: ## 建好环境和网页；没变就什么都不做 / environment and pages, only what changed
	@sh requirements/setup.sh "$(PYTHON)"

run: setup ## 建好并运行全套，带演示村镇，数据在 data/ / set up and run everything with a demo town
	@$(VENV)/huiyan up --data $(DATA) $(ARGS)

demo: run ## 同 make run / the same as make run

test: setup ## 全部测试 / every test
	@$(MAKE) --no-print-directory test-web
	$(PYTEST)

test-unit: setup ## 单元测试（和代码放在一起）/ tests beside the code
	$(PYTEST) libs services runner

test-integration: setup ## 跨服务测试，不用浏览器 / across services, without a browser
	$(PYTEST) $(wildcard tests/contract tests/integration tests/security tests/chaos tests/load)

test-e2e: setup ## 端到端，真的 Chromium / end to end in a real Chromium
	$(PYTEST) tests/e2e

test-web: setup ## 网页的单元测试 / unit tests of the pages
	@cd web && PATH="$$PATH:$(CURDIR)/$(VENV)" npm run --silent test

lint: setup addresses-check proto-check docs-check ## ruff、房间之间的墙、契约、地址 / ruff, walls between rooms, contracts
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(VENV)/lint-imports
	@if ls docs/ref/*.md >/dev/null 2>&1; then $(VENV)/python docs/generate_ref.py --check; fi
	@if [ -f web/tokens-check/check_tokens.py ]; then cd web && ../$(VENV)/python tokens-check/check_tokens.py; fi

addresses-check:
	@sh requirements/check_addresses.sh

type: setup ## mypy --strict，网页的类型 / types of Python and of the pages
	$(VENV)/mypy $(SOURCES)
	@cd web && PATH="$$PATH:$(CURDIR)/$(VENV)" npm run --silent type

proto: setup ## 从契约生成代码 / generate code from the contracts
	PYTHON=../$(VENV)/python proto/generate.sh

proto-check: setup
	$(VENV)/buf lint proto
	@PYTHON=../$(VENV)/python proto/generate.sh --check

bench: setup ## 全部基准测试 / every benchmark
	@for script in bench/bench_*.py; do [ -f "$$script" ] || continue; echo "== $$script"; $(VENV)/python "$$script" $(ARGS) || exit 1; done

bench-%: setup ## 一项基准测试，例如 make bench-ingest / one benchmark
	$(VENV)/python bench/bench_$(subst -,_,$*).py $(ARGS)

.venv-deploy: requirements-deploy.lock | setup
	$(VENV)/python -m venv --without-pip $@
	$(VENV)/uv pip install --python $@/bin/python --require-hashes -r requirements-deploy.lock
	@touch $@

docs: setup ## 从代码写 docs/ref / write docs/ref from the code
	$(VENV)/python docs/generate_ref.py

docs-check: setup
	@$(VENV)/python docs/generate_ref.py --check

pictures: setup ## 给说明书重新拍图 / take the guides' pictures anew
	$(VENV)/python docs/guide/take_pictures.py

images-check: .venv-deploy ## 检查 Dockerfile / check the Dockerfiles
	@sh deploy/check_images.sh .venv-deploy/bin

images: ## 用 buildah 建镜像（要 root）/ build the images with buildah
	@sh deploy/build_images.sh

k8s-check: .venv-deploy ## 检查 Kubernetes 清单 / check the manifests
	@sh k8s/check.sh .venv-deploy/bin

lock: setup ## 重算锁定的版本 / lock versions anew
	@sh requirements/lock.sh
	@if [ -f deploy/lock.sh ]; then sh deploy/lock.sh; fi

web: setup ## 建网页 / build the pages
	@$(VENV)/python requirements/build_web.py

clean: ## 删掉测试和建造的痕迹（不动 data/ 和 .venv）/ remove traces, keep data/ and .venv
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis web/src/huiyan_web/dist
	find . -name __pycache__ -not -path './.venv*' -not -path './web/node_modules/*' -prune -exec rm -rf {} +

distclean: clean ## 也删掉 .venv 和 node_modules / remove the environments too
	rm -rf .venv .venv-deploy web/node_modules
