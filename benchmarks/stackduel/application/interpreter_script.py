"""The facts of an interpreter; run by the interpreter of a stack, whichever that is, and imported by ours.

``python -c SOURCE QUESTION`` prints a line of JSON. It imports nothing of ours and nothing newer than Python 3.8.
"""

from __future__ import annotations

import sys

if __name__ == "__main__":
    # What lies in the working directory is the user's: no module of it may stand in for one of the library.
    sys.path[:1] = [each for each in sys.path[:1] if each]

import hashlib
import importlib
import json
import os
import platform
import re
import sysconfig
from importlib import metadata, util
from pathlib import Path
from typing import Any

MOST_PACKAGES = 80
OPTIMISATIONS = {"--enable-optimizations": "PGO", "--with-lto": "LTO"}
NEVER_ON = frozenset({"no", "yes-off"})


def main(question: dict[str, Any]) -> dict[str, Any]:
    """Return the facts of this interpreter, which of the ``needed`` modules it lacks, and what an import lacks."""
    answer = {**interpreter(), **packages(question["roots"])}
    answer["missing"] = [name for name in question["needed"] if not is_found(name)]
    answer["servers"] = _servers_digest() if "stackduel_servers" in question["needed"] else None
    answer["unimportable"] = _unimportable(question["applications"])
    answer["distributions"] = _distributions(question["modules"]) if question["modules"] else {}
    return answer


def interpreter() -> dict[str, Any]:
    """Return the implementation, the version, the build, and the state of the GIL and the JIT."""
    configured = str(sysconfig.get_config_var("CONFIG_ARGS") or "")
    compiler = platform.python_compiler().partition("[")[0].strip()
    how = [short for option, short in OPTIMISATIONS.items() if option in configured]
    return {
        "implementation": platform.python_implementation(),
        "version": platform.python_version(),
        "build": ", ".join([compiler, *how]) if compiler else None,
        "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
        "gil": "on" if getattr(sys, "_is_gil_enabled", lambda: True)() else "off",
        "jit": jit_state(configured),
        "is_environment": sys.prefix != sys.base_prefix,
    }


def jit_state(configured: str) -> str:
    """Return "none", "off" or "on": by ``sys._jit`` from 3.14 on, before that by how the build was configured."""
    if "pypyjit" in sys.builtin_module_names:
        return "on"
    jit = getattr(sys, "_jit", None)
    if jit is not None:
        return ("on" if jit.is_enabled() else "off") if jit.is_available() else "none"
    built = re.search(r"--enable-experimental-jit(?:=([\w-]+))?", configured)
    if built is None or built[1] == "no":
        return "none"
    wish = None if sys.flags.ignore_environment else os.environ.get("PYTHON_JIT")
    return "on" if (wish != "0" if wish else built[1] not in NEVER_ON) else "off"


def packages(roots: list[str]) -> dict[str, Any]:
    """Return the versions of the packages of these names and of all that they require, and how many others there are.

    What only an extra requires counts if a root names it.
    """
    installed: dict[str, Any] = {}
    for each in metadata.distributions():
        name = each.metadata["Name"]
        if name:
            installed.setdefault(normal(name), each)
    found: dict[str, str] = {}
    waiting = [normal(root) for root in roots]
    while waiting and len(found) < MOST_PACKAGES:
        name = waiting.pop(0)
        if name in installed and name not in found:
            found[name] = installed[name].version
            waiting += [_required(each) for each in installed[name].requires or () if "extra ==" not in each]
    return {"packages": dict(sorted(found.items())), "other_packages": len(installed) - len(found)}


def normal(name: str) -> str:
    """Return the name of a distribution as its index has it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def is_found(module: str) -> bool:
    """Return whether a module can be found."""
    try:
        return util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def digest_of(folder: Path) -> str:
    """Return a digest of the code and the registry in a package's folder."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.suffix in {".py", ".toml"}:
            digest.update(repr((path.relative_to(folder).as_posix(), path.read_bytes())).encode())
    return digest.hexdigest()


def _servers_digest() -> str | None:
    spec = util.find_spec("stackduel_servers")
    places = list(spec.submodule_search_locations or ()) if spec else []
    return digest_of(Path(places[0])) if places else None


def _required(text: str) -> str:
    match = re.match(r"[A-Za-z0-9._-]+", text)
    return normal(match[0]) if match else ""


def _unimportable(applications: list[str]) -> list[str]:
    """Import the user's applications, and return the modules that are not there; other errors show when it starts."""
    if applications:
        sys.path.insert(0, str(Path.cwd()))
    missing = []
    for name in applications:
        try:
            importlib.import_module(name)
        except ModuleNotFoundError as error:
            lacked = error.name or ""
            # Where its package is there, a word of the command only looks like a module.
            if lacked == name.partition(".")[0] or not f"{name}.".startswith(f"{lacked}."):
                missing.append(lacked)
        except BaseException:  # noqa: BLE001, S112 - SystemExit too
            continue
    return missing


def _distributions(modules: list[str]) -> dict[str, str]:
    """Return which distribution holds each of these modules, where this environment has one."""
    known = metadata.packages_distributions() if sys.version_info >= (3, 10) else {}
    return {module: known[module][0] for module in modules if known.get(module)}


if __name__ == "__main__":
    told = json.dumps(main(json.loads(sys.argv[1])))
    # Behind whatever an application has printed, and before its threads can keep the process.
    os.write(1, ("\n" + told + "\n").encode())
    os._exit(0)
