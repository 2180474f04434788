"""The stacks of known ratios, as a stacks file for the interpreter that runs now."""

from __future__ import annotations

import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
SUITE = HERE / "short.toml"
# How fast each candidate truly is, over the baseline.
TRUTHS = {"same": 1.0, "faster": 1.5, "fourfold": 4.0}


def write_pair(folder: Path) -> Path:
    """Write pair.toml into a folder anywhere, with this interpreter instead of the first on the PATH."""
    text = (HERE / "pair.toml").read_text(encoding="utf-8")
    for placed, here in (('"python"', sys.executable), ('"../.."', str(HERE.parents[1]))):
        text = text.replace(placed, json.dumps(here))
    path = folder / "pair.toml"
    path.write_text(text, encoding="utf-8")
    return path
