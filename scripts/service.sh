#!/usr/bin/env bash
# The performance suite of a service, health check first: scripts/service.sh measures the music service in each framework,
# scripts/service.sh URL a server that runs already. Ends with 1 if a threshold is broken. Further arguments go to
# `stackduel run service`: scripts/service.sh http://127.0.0.1:8000 --thresholds strict.toml --json
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh" servers,service
stackduel="$root/.venv/bin/stackduel"
case "${1:-}" in
  http://* | https://*)
    url=${1%/}
    shift
    "$root/.venv/bin/python" "$root/scripts/health.py" "$url"
    exec "$stackduel" run service --url "$url" "$@"
    ;;
esac
"$stackduel" verify --stacks service-drf,service-django,service-flask,service-fastapi >&2
exec "$stackduel" run service "$@"
