#!/usr/bin/env bash
# Sets itself up, builds the models, and runs every test that this machine can run. Arguments go to pytest.
# STACKDUEL_REQUIRE=docker,browser,models,gpu turns the skips of those tests into failures.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/setup.sh servers,inference,dev
.venv/bin/ruff check .
.venv/bin/ruff format --check .
.venv/bin/mypy
.venv/bin/python -m stackduel_servers.models build
exec .venv/bin/python -m pytest "$@"
