#!/usr/bin/env bash
# The main job on local processes, no Docker needed: sets itself up, measures, prints the table and the report's path.
# Arguments go to `stackduel run`: scripts/bench.sh classic --blocks 3
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/setup.sh servers
exec .venv/bin/stackduel run "$@"
