"""``python -m stackduel_servers.pillow.loaded``: what this interpreter's Pillow is, read from its modules."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from PIL import Image, features

Image.preinit()


def library() -> str | None:
    """Return the name of the libjpeg file that this process has in its memory; None if none is."""
    mapped = (line.split()[-1] for line in Path("/proc/self/maps").read_text(encoding="utf-8").splitlines())
    return next((Path(path).name for path in mapped if Path(path).name.startswith("libjpeg")), None)


def loaded() -> dict[str, str | None]:
    """Return the version of Pillow, that of libjpeg-turbo, and the file of the latter."""
    return {
        "version": features.version("pil"),
        "libjpeg_turbo": features.version("libjpeg_turbo"),
        "library": library(),
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(loaded()))
