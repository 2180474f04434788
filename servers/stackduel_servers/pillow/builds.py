"""The three builds of Pillow that are compared, and the interpreters that have them.

Pillow's wheel brings a libjpeg-turbo of its own, newer than a system's. So pillow-simd, which is built here, differs
from it in two things. Pillow built here, with the same compiler, flags and libjpeg-turbo, differs from pillow-simd in
its SIMD code alone. Standard library only.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from stackduel_servers import own_environment
from stackduel_servers.core.variables import SettingsError
from stackduel_servers.models import store
from stackduel_servers.start_variables import PILLOW

FOLDER_VARIABLE = "STACKDUEL_PILLOW"
BUILD = "python -m stackduel_servers.pillow build"
# The Pillow of the environment that stacks usually run in.
INSTALLED = PILLOW.choices[0]


@dataclass(frozen=True, slots=True)
class PillowBuild:
    """One build of Pillow: what pip installs, and whether it is compiled here."""

    name: str
    requirement: str
    is_compiled: bool


BUILDS: Mapping[str, PillowBuild] = MappingProxyType(
    {
        "wheel": PillowBuild("wheel", "pillow==12.1.1", is_compiled=False),
        "source": PillowBuild("source", "pillow==12.1.1", is_compiled=True),
        "simd": PillowBuild("simd", "pillow-simd==12.1.1.post0", is_compiled=True),
    }
)


class PillowError(Exception):
    """A build of Pillow cannot be made here; the message says why and what to do."""


def folder_of(one: PillowBuild, environ: Mapping[str, str]) -> Path:
    """Return the folder of a build's environment: in ``$STACKDUEL_PILLOW``, else in the user's cache folder."""
    chosen = environ.get(FOLDER_VARIABLE)
    root = Path(chosen) if chosen else store.folder({**environ, store.FOLDER_VARIABLE: ""}).with_name("pillow")
    return root / f"{one.name}-{own_environment.stamp(one.requirement)}"


def facts_of(name: str, environ: Mapping[str, str]) -> Mapping[str, Any]:
    """Return the facts of a build that was built for this environment; raises SettingsError if it was not."""
    facts = own_environment.facts_of(folder_of(BUILDS[name], environ))
    if facts is None:
        raise SettingsError(f"{PILLOW.name}: {name} is not built for this Python; build it with: {BUILD}")
    return facts


def interpreter(environ: Mapping[str, str]) -> str:
    """Return the Python that a stack is started with: that of the build that ``PILLOW`` names, else this one.

    Raises SettingsError if the build is unknown, or not there.
    """
    name = PILLOW.read(environ) or INSTALLED
    if name == INSTALLED:
        return sys.executable
    facts_of(name, environ)
    return str(own_environment.interpreter(folder_of(BUILDS[name], environ)))


def sentence(facts: Mapping[str, Any]) -> str:
    """Return what a reader of the figures must know of a build: version, flags, and the libjpeg-turbo it uses."""
    made = f"built here by {facts['compiler']} with {facts['flags']}" if facts["compiler"] else "its wheel from PyPI"
    return f"{facts['requirement']}, {made}; libjpeg-turbo {facts['libjpeg_turbo']} ({facts['library']})"
