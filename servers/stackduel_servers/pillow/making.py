"""Making the environments: pip installs a wheel, or compiles with flags that are named."""

from __future__ import annotations

import json
import os
import platform
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from stackduel_servers import own_environment
from stackduel_servers.isolation import isolated_python
from stackduel_servers.pillow.builds import BUILDS, PillowBuild, PillowError, folder_of, sentence

PROCESSORS = ("x86_64", "AMD64")
WITHIN_S = 900
# On both sides of the comparison; pillow-simd's own documentation names the second for processors that have it.
PLAIN, AVX2 = ("-O3", "-msse4.1"), ("-O3", "-mavx2")
HEADERS = "apt-get install gcc python3-dev libjpeg62-turbo-dev zlib1g-dev"
# What the builds say, in their own words, and what it means.
LACKING = {
    "could not be found for jpeg": "the headers of libjpeg-turbo are missing",
    "could not be found for zlib": "the headers of zlib are missing",
    "Python.h": "the headers of Python are missing",
}
Say = Callable[[str], None]


def build(names: Iterable[str], environ: Mapping[str, str], say: Say) -> None:
    """Make the environments of the named builds, or of all; those that are there already stay. Raises PillowError."""
    chosen = tuple(names) or tuple(BUILDS)
    for name in chosen:
        if name not in BUILDS:
            raise PillowError(f"NAME must be one of {', '.join(BUILDS)}, not {name!r}")
    _refuse_platform()
    for one in (BUILDS[name] for name in chosen):
        folder = folder_of(one, environ)
        facts = own_environment.facts_of(folder)
        if facts is not None:
            say(f"{one.name}: is there already: {sentence(facts)}")
            continue
        say(f"{one.name}: {'compiling' if one.is_compiled else 'fetching'} {one.requirement}")
        say(f"{one.name}: {sentence(_made(one, folder, environ))}")


def flags() -> tuple[str, ...]:
    """Return the compiler's flags for this processor."""
    try:
        features = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return PLAIN
    return AVX2 if " avx2" in features else PLAIN


def explained(output: str) -> str:
    """Return why pip failed, from all that it wrote: what is missing and how to get it, else its last line."""
    for words, meaning in LACKING.items():
        if words in output:
            return f"{meaning}; on Debian: {HEADERS}"
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR")]
    return (errors or lines or ["pip wrote nothing"])[-1]


def _refuse_platform() -> None:
    if sys.platform != "linux" or platform.machine() not in PROCESSORS:
        raise PillowError("pillow-simd is for x86-64, and its build here for Linux")
    if shutil.which(_compiler()) is None:
        raise PillowError(f"a C compiler is needed, {_compiler()} is not installed; on Debian: {HEADERS}")


def _made(one: PillowBuild, folder: Path, environ: Mapping[str, str]) -> own_environment.EnvironmentFacts:
    def fill(packages: Path, python: Path) -> own_environment.EnvironmentFacts:
        _pip(one, packages, environ)
        return {
            "requirement": one.requirement,
            "compiler": _compiler_version() if one.is_compiled else None,
            "flags": " ".join(flags()) if one.is_compiled else None,
            **_loaded(python),
        }

    try:
        return own_environment.make(folder, fill)
    except OSError as error:
        raise PillowError(f"{folder.parent}: cannot be written: {error.strerror or error}") from error


def _pip(one: PillowBuild, packages: Path, environ: Mapping[str, str]) -> None:
    """Install a build; without pip's cache, which would keep a build with other flags."""
    name = one.requirement.partition("==")[0]
    how = (
        ("--no-binary", name, "-C", "jpeg=enable", "-C", "zlib=enable") if one.is_compiled else ("--only-binary", name)
    )
    command = (
        *(*isolated_python(), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
        *("--no-cache-dir", "--no-deps", "--target", str(packages), *how, one.requirement),
    )
    given = {**environ, **({"CFLAGS": " ".join(flags()), "CC": _compiler()} if one.is_compiled else {})}
    done = _ran(command, given)
    if done.returncode:
        raise PillowError(f"{one.name}: {explained(done.stdout + done.stderr)}")


def _loaded(python: Path) -> Mapping[str, str]:
    """Return what the new interpreter says of its Pillow."""
    done = _ran((str(python), "-E", "-P", "-m", "stackduel_servers.pillow.loaded"), os.environ)
    if done.returncode:
        raise PillowError(f"the Pillow that was built cannot be loaded: {explained(done.stderr)}")
    found: Mapping[str, str] = json.loads(done.stdout)
    return found


def _compiler() -> str:
    """Return the C compiler that extensions of this Python are built with, as far as it is installed; else cc."""
    usual = shlex.split(os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc")[0]
    return usual if shutil.which(usual) else "cc"


def _compiler_version() -> str:
    return _ran((_compiler(), "--version"), os.environ).stdout.partition("\n")[0]


def _ran(command: tuple[str, ...], environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command,
            env=dict(environ),
            capture_output=True,
            text=True,
            check=False,
            timeout=WITHIN_S,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired as error:
        raise PillowError(f"{command[0]}: did not end within {WITHIN_S} s") from error
