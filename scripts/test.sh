#!/usr/bin/env bash
# Sets itself up, builds the models, and runs every test that this machine can run. Arguments go to pytest.
# Without arguments it runs the tests that only wait or compute two at a time, with coverage, and then those that measure
# time one at a time, without. STACKDUEL_REQUIRE=docker,browser,models,gpu turns the skips of those tests into failures.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/setup.sh servers,inference,dev
.venv/bin/ruff check .
.venv/bin/ruff format --check .
.venv/bin/mypy
.venv/bin/python -m stackduel_servers.models build
if [ $# -gt 0 ]; then exec .venv/bin/python -m pytest "$@"; fi
status=0
.venv/bin/python -m coverage erase
.venv/bin/python -m coverage run -m pytest -n 2 --dist worksteal --durations=50 -m "not alone and not performance" || status=$?
.venv/bin/python -m pytest --durations=20 -m "alone and not performance" || status=$?
.venv/bin/python -m coverage combine --quiet
.venv/bin/python -m coverage json --quiet -o build/coverage.json
.venv/bin/python -m tests.coverage_table build/coverage.json
exit $status
