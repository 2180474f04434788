"""The settings of the stacks in these tests."""

from __future__ import annotations

# Short, for the failures; long enough for a busy machine to answer in.
TIMEOUT_S, POOL = 2, 4
