#!/usr/bin/env bash
# Lint, format and types, without the tests.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/setup.sh servers,service,database,inference,profile,encodings,dev
.venv/bin/ruff check .
.venv/bin/ruff format --check .
.venv/bin/mypy
