# shellcheck shell=bash
# Sourced by the other scripts with the extras they need: makes $root/.venv and installs into it, once for each state of
# the files that say what to install. The working folder stays the user's.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "stackduel needs Python 3.11 or newer, and $python is $("$python" --version 2>&1); set PYTHON" >&2
  exit 2
}
"$python" "$root/scripts/environment.py" "$1"
