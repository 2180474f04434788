"""What a stack needs and this machine lacks."""

from __future__ import annotations

import os
import sys

from stackduel.model.stack import Registered, Stack
from stackduel_servers.triton.installation import TritonError, locate


def shortfall(stack: Stack) -> str | None:
    """Why a stack of the registry cannot be a local process here, in a sentence; None where it can."""
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
