#!/usr/bin/env bash
# The classic three and their downstream as local processes on ports 8001 to 8003 and 8009, until Ctrl-C.
# Arguments go to `stackduel serve`: scripts/start_servers.sh --stacks flask-gthread,fastapi-uvicorn
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh" servers
exec "$root/.venv/bin/stackduel" serve "$@"
