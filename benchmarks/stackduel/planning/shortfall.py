"""Why a stack cannot run on this machine."""

from __future__ import annotations

import os
import sys

from stackduel.model.stack import Registered, Stack
from stackduel_servers.triton.installation import TritonError, locate


def shortfall(stack: Stack) -> str | None:
    """Return why a stack of the registry cannot run as a local process here; None if it can."""
    if not isinstance(stack.source, Registered):
        return None
    entry = stack.source.entry
    if sys.platform not in entry.platforms:
        return f"{stack.name} does not run on {sys.platform}"
    if "triton" in {entry.framework, entry.companion}:
        try:
            locate(os.environ)
        except TritonError as error:
            return f"{stack.name}: {error}"
    return None
