"""Make the environment .venv of this checkout, or make it anew where it cannot work, and install stackduel into it.

The setup scripts of both systems call it with the extras: python scripts/environment.py servers,dev
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
SCRIPTS = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = SCRIPTS / ("python.exe" if os.name == "nt" else "python")
# What the environment was made for; it is written when it is whole.
STAMP = VENV / "stackduel-environment"
WHICH = "import pip, sys; print(sys.implementation.name, '.'.join(map(str, sys.version_info[:2])))"
TOLD_EVERY_S = 5.0
TAIL_LINES = 20


WRONG_SURROUNDINGS = 2
INTERRUPTED = 130


def main(extras: str) -> int:
    """Make what is missing and install what has changed; return the exit status."""
    try:
        found = _made()
        STAMP.write_text(f"{found}\n{VENV}\n", encoding="utf-8")
        return _installed(extras)
    except KeyboardInterrupt:
        return INTERRUPTED
    except subprocess.CalledProcessError:
        _say("making .venv failed: the lines above say why")
    except OSError as error:
        _say(f"{error.filename or VENV}: {error.strerror}")
    return WRONG_SURROUNDINGS


def _made() -> str:
    """Make the environment, unless it is there and can be used; return its Python."""
    found = _python_of(PYTHON)
    reason = _useless(found, f"{sys.implementation.name} {sys.version_info.major}.{sys.version_info.minor}")
    if reason is None and found is not None:
        return found
    _say(f"making .venv anew: {reason}" if VENV.exists() else "making .venv")
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True)
    return _python_of(PYTHON) or ""


def _installed(extras: str) -> int:
    """Install the extras, unless that was done with the same files; return the exit status."""
    stamp, state = VENV / f"stackduel-{extras.replace(',', '-')}.installed", _state()
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == state:
        return 0
    status = _install(extras)
    if status == 0:
        stamp.write_text(state, encoding="utf-8")
    return status


def _useless(found: str | None, wanted: str) -> str | None:
    """Return why the environment cannot be used; None if it can."""
    if found is None:
        return "its Python does not run, or has no pip"
    made_for, _, where = STAMP.read_text(encoding="utf-8").strip().partition("\n") if STAMP.is_file() else ("", "", "")
    if where and Path(where) != VENV:
        return f"it was moved here from {where}"
    if made_for and made_for != found:
        return f"it was made for {made_for}, and its Python is {found} now"
    # Without PYTHON an environment of any Python that is new enough is as good.
    if os.environ.get("PYTHON") and found != wanted:
        return f"it has {found}, and PYTHON is {wanted}"
    return "its Python is too old" if _version(found) < (3, 11) else None


def _version(found: str) -> tuple[int, ...]:
    return tuple(map(int, found.split()[1].split(".")))


def _python_of(python: Path) -> str | None:
    """Return the name and version of an environment's Python; None if it does not run, or has no pip."""
    with suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run([str(python), "-c", WHICH], capture_output=True, text=True, timeout=60, check=True)
        return done.stdout.strip()
    return None


def _state() -> str:
    """Return what changes when the files that say what to install do."""
    digest = hashlib.sha256()
    for path in (ROOT / "pyproject.toml", *sorted(ROOT.glob("requirements/*.txt")), *_server_requirements()):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _server_requirements() -> Iterator[Path]:
    yield from sorted(ROOT.glob("servers/requirements/*.txt"))


def _install(extras: str) -> int:
    """Install with pip and show how far it is; return pip's status, and on failure its last lines."""
    what = f"installing stackduel[{extras}] into .venv"
    _say(f"{what}: this takes a minute or two the first time")
    command = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    began, told, lines = time.monotonic(), time.monotonic(), [""]
    with subprocess.Popen(
        [*command, "--progress-bar", "off", "--editable", f".[{extras}]"],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
    ) as pip:  # fmt: skip
        for line in pip.stdout or ():
            lines.append(line.strip())
            if sys.stderr.isatty():
                _redraw(f"{time.monotonic() - began:4.0f} s  {lines[-1]}")
            elif time.monotonic() - told >= TOLD_EVERY_S:
                told = time.monotonic()
                _say(f"{told - began:4.0f} s  {lines[-1]}")
    if sys.stderr.isatty():
        _redraw("")
    if pip.returncode:
        _say("\n".join(lines[-TAIL_LINES:]))
        _say(f"{what} failed: the lines above say why; run the same command again once that is mended")
        return WRONG_SURROUNDINGS
    _say(f"installed in {time.monotonic() - began:.0f} s")
    return 0


def _redraw(text: str) -> None:
    width = shutil.get_terminal_size().columns - 1
    sys.stderr.write(f"\r\x1b[K{text[:width]}")
    sys.stderr.flush()


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
