# shellcheck shell=bash
# Sourced by the other scripts with the extras they need: makes .venv and installs into it, once for each state of
# the files that say what to install.
extras=$1
python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
  echo "stackduel needs Python 3.11 or newer, and $python is $("$python" --version 2>&1); set PYTHON" >&2
  exit 2
}
[ -x .venv/bin/python ] || { echo "making .venv" && "$python" -m venv .venv; }
state=$(cat pyproject.toml requirements/*.txt servers/requirements/*.txt | cksum)
stamp=.venv/stackduel-${extras//,/-}.installed
if [ "$(cat "$stamp" 2>/dev/null)" != "$state" ]; then
  echo "installing stackduel[$extras] into .venv"
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --editable ".[$extras]"
  echo "$state" >"$stamp"
fi
