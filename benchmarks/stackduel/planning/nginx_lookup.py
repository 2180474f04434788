"""Where nginx is installed."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

INSTALL_NGINX = "apt install nginx on Debian and Ubuntu, brew install nginx on macOS"
# Debian's packages put it where the PATH of most users does not lead.
_ELSEWHERE = ("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin")


def nginx_program() -> Path | None:
    """Return the program; None where there is none."""
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), *_ELSEWHERE))
    found = shutil.which("nginx", path=path)
    return Path(found) if found else None
