#!/usr/bin/env bash
# The Docker side in six words. ALL=1 takes in the control, inference, service and Triton stacks; further arguments go to
# the command behind the word.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
  cat <<'END'
usage: scripts/docker-commands.sh build|up|benchmark|logs|stats|down [ARGUMENT...]
  build      build the images
  up         build what has changed and start the stacks
  benchmark  measure the stacks that are up (arguments go to stackduel run: classic --blocks 3)
  logs       show what the stacks wrote
  stats      show once what the running stacks use
  down       stop and remove them all
ALL=1 before it takes in the control, inference, service and Triton stacks too; MONITORING=1 Prometheus and Grafana.
END
}

if docker compose version >/dev/null 2>&1; then
  compose=(docker compose)
elif command -v docker-compose >/dev/null; then
  compose=(docker-compose)
else
  echo "neither 'docker compose' nor 'docker-compose' is here: install Docker Compose" >&2
  exit 3
fi
stacks=("${compose[@]}" --profile controls --profile extended --profile inference --profile service --profile triton)
every=("${stacks[@]}" --profile monitoring)
chosen=("${compose[@]}")
[ "${ALL:-}" != 1 ] || chosen=("${stacks[@]}")
[ "${MONITORING:-}" != 1 ] || chosen+=(--profile monitoring) STACKDUEL_METRICS=${STACKDUEL_METRICS:-on}
export STACKDUEL_METRICS=${STACKDUEL_METRICS:-off}

word=${1:-}
shift || true
case "$word" in
  build) "${chosen[@]}" build "$@" ;;
  up) "${chosen[@]}" up --build -d "$@" ;;
  benchmark)
    source scripts/setup.sh servers
    .venv/bin/python benchmarks/benchmark_docker.py "$@"
    ;;
  logs) "${every[@]}" logs "$@" ;;
  stats)
    running=$("${every[@]}" ps -q)
    [ -n "$running" ] || { echo "nothing is up: scripts/docker-commands.sh up" >&2; exit 3; }
    # shellcheck disable=SC2086 - one id a word
    docker stats --no-stream $running
    ;;
  down) "${every[@]}" down --remove-orphans "$@" ;;
  *)
    usage >&2
    exit 2
    ;;
esac
