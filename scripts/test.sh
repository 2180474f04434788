#!/usr/bin/env bash
# Sets itself up and runs every test that this machine can run. STACKDUEL_REQUIRE=docker,browser,gpu turns the skips of
# those tests into failures. Arguments go to pytest.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/setup.sh servers,dev
.venv/bin/ruff check .
.venv/bin/ruff format --check .
.venv/bin/mypy
exec .venv/bin/python -m pytest "$@"
