#!/usr/bin/env bash
# The main job on local processes, no Docker needed: sets itself up, measures, prints the table and the report's path, and
# how to use stackduel without this script. Arguments go to `stackduel run`: scripts/bench.sh classic --blocks 3
# Files among them, and the folder results, are in the folder that it is called from.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh" servers
# stackduel ends with this line, unless the environment is active already.
[ "${VIRTUAL_ENV:-}" = "$root/.venv" ] || export STACKDUEL_ACTIVATE="source $(printf %q "$root/.venv/bin/activate")"
exec "$root/.venv/bin/stackduel" run "$@"
