#!/usr/bin/env bash
# Flamegraph of a stack under load: scripts/profile.sh [SECONDS] [FILE.svg] [STACK], such as scripts/profile.sh 60 out.svg
# Default: 30 seconds, profile.svg, fastapi-uvicorn. Further arguments go to `stackduel profile`:
# scripts/profile.sh 60 out.svg flask-gunicorn --launcher docker
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh" servers,profile
seconds=${1:-30} svg=${2:-profile.svg} stack=${3:-fastapi-uvicorn}
shift $(($# < 3 ? $# : 3))
exec "$root/.venv/bin/stackduel" profile "$stack" --seconds "$seconds" --svg "$svg" "$@"
