#!/usr/bin/env bash
# Sets itself up, builds the models, and runs every test that this machine can run. Arguments go to pytest.
# Without arguments it runs the tests that only wait or compute three at a time, with coverage. Then come those that need
# an engine, a Triton or signals to themselves, one after another with coverage, and beside them, two at a time, those
# that gain nothing from it; then those that measure, and last, alone, those whose loads fill the cores. More at a time
# than there are cores, since much of it is waiting; not more than that: all side by side took as long, as two cores are
# two cores, and tests that wait for moments missed them.
# STACKDUEL_REQUIRE=docker,browser,models,gpu,prometheus,postgres,nginx turns the skips of those tests into failures.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/setup.sh servers,service,database,inference,profile,encodings,dev
# Without bytecode each of the thousands of processes that the tests start would compile all that it imports, and each
# process of pytest would rewrite the assertions of all tests.
unset PYTHONDONTWRITEBYTECODE
.venv/bin/python -m compileall -q benchmarks servers
mkdir -p build
.venv/bin/ruff check .
.venv/bin/ruff format --check .
.venv/bin/mypy &
types=$!
.venv/bin/python -m stackduel_servers.models build
if [ $# -gt 0 ]; then
  wait "$types"
  exec .venv/bin/python -m pytest "$@"
fi
.venv/bin/python -m pytest --collect-only --quiet --quiet >build/collected.log || { cat build/collected.log && exit 1; }
wait "$types"
# Runs "python -m" with all words but the first, and keeps what it says in a log of that name. Each group has a cache of
# its own, in which pytest keeps what failed.
rm -rf build/*-cache
kept() {
  .venv/bin/python -m "${@:2}" -o "cache_dir=build/$1-cache" --group "$1" 2>&1 | tee "build/$1.log"
}
failed=()
.venv/bin/python -m coverage erase
kept covered coverage run -m pytest -n 3 --dist worksteal --durations=50 || failed+=(covered)
kept uncovered pytest -n 2 --dist loadfile --durations=30 >/dev/null &
aside=$!
kept engine coverage run -m pytest --durations=20 || failed+=(engine)
kept apart coverage run -m pytest --durations=20 || failed+=(apart)
wait "$aside" || failed+=(uncovered)
cat build/uncovered.log
kept measured pytest -n 3 --dist loadfile --durations=20 || failed+=(measured)
status=0
kept alone pytest --durations=5 || status=$?
# What failed beside others gets a second look: alone.
[ ${#failed[@]} -eq 0 ] || .venv/bin/python -m tests.second_look "${failed[@]}" 2>&1 | tee build/second_look.log || status=$?
# Once more at the end, where they are found: each test that failed, and what it found wrong.
[ ${#failed[@]} -eq 0 ] && [ "$status" -eq 0 ] || grep -hE '^(FAILED|ERROR) |^E  |^failed beside' build/{covered,engine,uncovered,apart,measured,alone,second_look}.log 2>/dev/null | head -n 200 || true
.venv/bin/python -m coverage combine --quiet
.venv/bin/python -m coverage json --quiet -o build/coverage.json
.venv/bin/python -m tests.coverage_table build/coverage.json
exit $status
