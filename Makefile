# Everything a newcomer needs; `make` alone explains.
PYTHON := $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { command -v $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help demo up test lint layers bench lock

help: ## say what can be made
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(STAMP) ## repair the broken trees of examples/ on the embedded stack; leaves nothing running
	@$(BIN)/metabuilder demo

up: $(STAMP) ## run the stack at http://127.0.0.1:8000 in the foreground
	@$(BIN)/metabuilder up

test: $(STAMP) layers lint ## layers, lint, types and the whole suite
	$(BIN)/python -m pytest

lint: $(STAMP) ## ruff and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

layers: $(STAMP) ## who may import whom
	$(BIN)/lint-imports

bench: $(STAMP) ## measure, side by side; see docs/benchmarks.md
	$(BIN)/python -m benchmarks

lock: $(STAMP) ## resolve the dependencies anew
	$(BIN)/uv pip compile -q pyproject.toml --extra embedded --group dev --universal --python-version 3.11 --generate-hashes --no-header -o locks/all.txt
	awk '/^uv==/{on=1} on&&!/^uv==|--hash/{exit} on{print}' locks/all.txt > locks/uv.txt

$(STAMP): pyproject.toml locks/all.txt locks/uv.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed and was not found."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --require-hashes -r locks/uv.txt
	$(BIN)/uv pip sync -q --require-hashes --python $(VENV) locks/all.txt
	$(BIN)/uv pip install -q --python $(VENV) --no-deps --no-build-isolation -e .
	@touch $(STAMP)
