"""The builds of Pillow that the stacks of a run need, and what its reader must know of them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from stackduel.model.errors import FieldError
from stackduel.model.stack import Registered, Stack
from stackduel_servers.core.variables import SettingsError
from stackduel_servers.options import in_force
from stackduel_servers.pillow.builds import INSTALLED, facts_of, sentence
from stackduel_servers.start_variables import PILLOW


def pillow_notes(stacks: Iterable[Stack], launcher: str, environ: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Return a sentence on each build of Pillow that a stack is started with.

    Raises FieldError if one is not built here, or if the launcher does not start stacks in environments of their own.
    """
    builds = dict.fromkeys(build for build in map(build_of, stacks) if build != INSTALLED)
    if builds and launcher != "local":
        raise FieldError(f"--launcher: {PILLOW.name}={next(iter(builds))} is a build of this machine: only with local")
    try:
        return tuple(f"{PILLOW.name}={build}: {sentence(facts_of(build, environ))}." for build in builds)
    except SettingsError as error:
        raise FieldError(f"--launcher local: {error}") from error


def build_of(stack: Stack) -> str:
    """Return the build of Pillow that a stack is started with."""
    if not isinstance(stack.source, Registered):
        return INSTALLED
    return PILLOW.read(in_force(stack.source.entry, stack.source.settings)) or INSTALLED
