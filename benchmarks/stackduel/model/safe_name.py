"""Names that file systems, container engines and shells all take."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 40


def safe_name(name: str) -> str:
    """Return a name of lower-case ASCII letters and digits, with ``.``, ``_`` and ``-`` between them, for any name.

    Accents are dropped, and everything else becomes one ``-``. Containers, networks and folders of a run are named so.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii").lower()
    return re.sub(r"[^a-z0-9._]+", "-", plain)[:LONGEST].strip("-._") or "suite"
