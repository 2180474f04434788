#!/usr/bin/env bash
# Tests the lower bounds of the dependencies: installs each at its lowest version, into an environment of its own without
# any server, and runs tests that use every one of them. Arguments go to pytest, in place of these tests; --install and
# --test do half of it: the tests have times to keep, so that they need the machine to themselves.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=build/floors
half=both
case "${1:-}" in --install | --test) half=${1#--} && shift ;; esac
if [ "$half" != test ]; then
  "${PYTHON:-python3}" -m venv --clear "$folder"
  "$folder/bin/python" scripts/floors.py >"$folder/floors.txt"
  grep -E '^(hypothesis|jsonschema|pytest|pytest-timeout)>' requirements/dev.txt >"$folder/tests.txt"
  "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --constraint "$folder/floors.txt" \
    --requirement "$folder/tests.txt" --requirement requirements/gpu.txt --requirement requirements/inference.txt \
    --requirement requirements/encodings.txt --requirement requirements/profile.txt \
    --requirement requirements/push.txt --requirement requirements/openapi.txt --editable .
fi
[ "$half" != install ] || exit 0
tests=(
  tests/stackduel/cli/test_exits.py tests/stackduel/cli/test_groups.py tests/stackduel/cli/test_parameters.py
  tests/stackduel/containers
  tests/stackduel/load/content
  tests/stackduel/load/drivers/test_grpc.py tests/stackduel/load/drivers/test_large_bodies.py
  tests/stackduel/analysis/statistics
  tests/stackduel/observe/gpu tests/stackduel/observe/profiler tests/stackduel/observe/resources/test_process_meter.py
  tests/stackduel/report/metrics/test_remote_write.py
  tests/stackduel/report/html tests/stackduel/report/terminal/test_progress.py
  tests/stackduel/traffic/test_openapi.py
  tests/stackduel/storage/test_run_document.py tests/stackduel/storage/test_run_schema.py
)
[ $# -eq 0 ] || tests=("$@")
# Without servers no run can begin.
exec "$folder/bin/python" -m pytest -q -p no:cacheprovider -k "not before_a_stack_starts and not output_that_is_full and not without_a_home" "${tests[@]}"
