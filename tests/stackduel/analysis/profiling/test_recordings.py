"""Recordings of py-spy, read; those in recorded/ were made of our stacks under load, with their folders renamed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stackduel.analysis.profiling.conclusion import ProfiledWindow, frame_shares, layer_shares
from stackduel.analysis.profiling.recordings import read_recording

RECORDED = Path(__file__).parent / "recorded"
# What each stack must spend its time in, the widest first, and a function that is among its ten widest.
KNOWN = {
    "fastapi-uvicorn": (("server", "JSON", "application", "framework"), "JSONEncoder.iterencode"),
    "flask-gunicorn": (("server", "framework", "application", "JSON"), "write"),
    "django-gunicorn": (("server", "JSON", "framework", "application"), "write"),
    "quart-hypercorn": (("downstream", "server", "framework", "application"), "_connect_sock"),
}


@pytest.mark.parametrize("stack", KNOWN)
def test_known_stacks_have_known_layers(stack: str) -> None:
    """Nearly every sample of a real recording finds its layer, in the order that the stack is known for."""
    samples = read_recording((RECORDED / f"{stack}.json").read_bytes())
    shares = layer_shares([ProfiledWindow(4.0, samples)])
    layers, function = KNOWN[stack]
    assert tuple(each.layer for each in shares if each.layer != "other")[: len(layers)] == layers
    assert sum(each.samples for each in shares) == samples.total
    assert sum(each.share for each in shares if each.layer == "other") < 0.05
    assert function in [each.name for each in frame_shares([ProfiledWindow(4.0, samples)])]


def test_what_waits_is_counted_apart() -> None:
    """The threads of a pool that wait for requests are no work of anybody's."""
    samples = read_recording((RECORDED / "flask-gunicorn.json").read_bytes())
    assert samples.waiting > 100
    assert not [calls for calls in samples.calls if calls[-1].name == "_worker"]


def test_a_recording_is_read_without_command_lines() -> None:
    """py-spy's line of a process, which may hold a password, is no function; idle samples are none."""
    frames = [
        {"name": 'process 7:"gunicorn --password=secret"', "file": None, "line": None},
        {"name": "hot", "file": "/me/app.py", "line": 3},
    ]
    profiles = [
        {"name": 'Process 7 Thread 7 "MainThread"', "samples": [[0, 1], [0, 1], [0]]},
        {"name": 'Process 7 Thread 8 "pool"', "samples": [[1]]},
        {"name": 'Process 9 Thread 9 "MainThread"', "samples": []},
    ]
    samples = read_recording(json.dumps({"profiles": profiles, "shared": {"frames": frames}}))
    (calls,) = samples.calls
    assert [each.name for each in calls] == ["hot"]
    assert (samples.total, samples.processes) == (3, 2)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no JSON",
        "[]",
        '{"profiles": [], "shared": {}}',
        '{"profiles": [{"name": "Process 1", "samples": [[5]]}], "shared": {"frames": []}}',
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    """A recording that was cut off is an error, not a profile without samples."""
    with pytest.raises(ValueError, match=r"\S"):
        read_recording(text)
