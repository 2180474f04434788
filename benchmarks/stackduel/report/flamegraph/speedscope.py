"""Samples as a file for https://www.speedscope.app: one sampled profile for each window."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from stackduel.analysis.profiling.layers import short_file
from stackduel.model.profile_samples import Frame, Samples

SCHEMA = "https://www.speedscope.app/file-format-schema.json"


def render(windows: Sequence[Samples], title: str, rate_hz: int) -> str:
    """Return the text of the file; each sample stands for ``1 / rate_hz`` seconds of a thread."""
    indices: dict[Frame, int] = {}
    profiles: list[dict[str, Any]] = []
    for number, window in enumerate(windows, 1):
        samples = [[indices.setdefault(frame, len(indices)) for frame in calls] for calls in window.calls]
        weights = [count / rate_hz for count in window.calls.values()]
        profiles.append({
            "type": "sampled",
            "name": f"window {number}",
            "unit": "seconds",
            "startValue": 0,
            "endValue": sum(weights),
            "samples": samples,
            "weights": weights,
        })  # fmt: skip
    frames = [{"name": each.name, "file": short_file(each.file), "line": each.line} for each in indices]
    document = {"$schema": SCHEMA, "name": title, "exporter": "stackduel", "shared": {"frames": frames}}
    return json.dumps({**document, "profiles": profiles, "activeProfileIndex": 0}, ensure_ascii=True)
