#!/usr/bin/env bash
# Runs unit tests on every CPython from 3.11 to 3.13 that this machine has, but for that of .venv, which runs every test:
# each in an environment of its own, without any server. Arguments go to pytest, in place of these tests; --install and
# --test do half of it.
set -euo pipefail
cd "$(dirname "$0")/.."
half=both
case "${1:-}" in --install | --test) half=${1#--} && shift ;; esac
# What computes, and what reads and writes the files of a run: quick, and the same on every system.
tests=(
  tests/stackduel/model tests/stackduel/application/test_interpreter_probe.py
  tests/stackduel/analysis/test_comparisons.py tests/stackduel/analysis/test_conclusion.py
  tests/stackduel/search/test_bisection.py tests/stackduel/search/test_tune_schedule.py
  tests/stackduel/planning/test_stacks_file.py tests/stackduel/planning/test_suite_file.py
  tests/stackduel/planning/test_interpreter_lookup.py tests/stackduel/planning/test_interpreter_stacks.py
  tests/stackduel/storage/test_run_document.py tests/stackduel/storage/test_redaction.py
  tests/stackduel/report/sections/test_interpreters.py tests/stackduel/report/test_trials_csv.py
  tests/stackduel/cli/test_parameters.py
  # These two compare with libraries that nothing else needs.
  --ignore tests/stackduel/model/test_histogram.py --ignore tests/stackduel/model/test_model_input.py
)
[ $# -eq 0 ] || tests=("$@")
status=0
found=0
while read -r version python; do
  found=$((found + 1))
  folder=build/interpreters/$version
  if [ "$half" != test ]; then
    echo "Python $version: $python"
    "$python" -m venv --clear "$folder"
    grep -E '^(hypothesis|jsonschema|pytest|pytest-timeout)>' requirements/dev.txt >"$folder/tests.txt"
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$folder/tests.txt" --editable .
  fi
  if [ "$half" != install ]; then
    echo "Python $version"
    "$folder/bin/python" -m pytest -q -p no:cacheprovider "${tests[@]}" || status=1
  fi
done < <(.venv/bin/python scripts/interpreters.py)
[ "$found" -gt 0 ] || echo "there is no other CPython from 3.11 to 3.13 here: nothing was tested"
exit $status
