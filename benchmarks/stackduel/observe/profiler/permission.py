"""Whether this process may look into other processes of its own user."""

from __future__ import annotations

import os
import sys
from pathlib import Path

PROC = Path("/proc")
CAP_SYS_PTRACE = 19


def may_look(proc: Path = PROC, platform: str = sys.platform) -> bool:
    """Return whether the system allows it, as far as it says.

    On Linux Yama forbids it by default to all who lack the capability SYS_PTRACE (kernel.yama.ptrace_scope), root in a
    container included; macOS to all but root.
    """
    if platform == "darwin":
        return os.geteuid() == 0
    if platform != "linux":
        return True
    try:
        scope = int((proc / "sys/kernel/yama/ptrace_scope").read_text())
    except (OSError, ValueError):
        return True
    return scope == 0 or (scope < 3 and _has_capability(proc))


def _has_capability(proc: Path) -> bool:
    try:
        lines = (proc / "self/status").read_text().splitlines()
    except OSError:
        return False
    effective = next((line.split()[1] for line in lines if line.startswith("CapEff:")), "0")
    return bool(int(effective, 16) >> CAP_SYS_PTRACE & 1)
