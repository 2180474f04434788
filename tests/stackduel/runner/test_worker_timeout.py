"""A whole run of streams that are longer than Gunicorn's worker timeout: verified whole, cut under load, and why."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from stackduel.cli import exit_status
from stackduel.report.sections.notes import notes
from stackduel.storage.run_file import load
from tests.conftest import ANY_HOST

# Gunicorn looks once a second, so a timeout of 1 s ends a worker before its third second is over.
SUITE = """
summary = "Streams of 0.2 s and of 4 s."
baseline = "patient"
stacks = ["patient", "cut"]
[variants.patient]
stack = "flask-sync"
summary = "No timeout"
settings = { WORKER_TIMEOUT_S = "0" }
[variants.cut]
stack = "flask-sync"
summary = "A timeout of 1 s"
settings = { WORKER_TIMEOUT_S = "1" }
[[scenario]]
name = "both"
load = { connections = 2, duration_s = 7.0 }
[[scenario.request]]
path = "/stream?events=2&interval=0.2"
stream = "sse"
[[scenario.request]]
path = "/stream?events=9&interval=0.5"
stream = "sse"
"""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Gunicorn does not run on Windows")


def test_a_timeout_cuts_the_streams_of_sync_workers_and_is_named(tmp_path: Path) -> None:
    """Preflight sees whole streams of both stacks; then one loses the long ones, and the notes say to what."""
    (tmp_path / "timeout.toml").write_text(SUITE, encoding="utf-8")
    arguments = ["run", str(tmp_path / "timeout.toml"), "--blocks", "1", "--out", str(tmp_path / "out"), "--quiet"]
    assert exit_status([*arguments, *ANY_HOST]) == 0
    (path,) = (tmp_path / "out").glob("*/run.json")
    trials = {each["stack"]: each for each in json.loads(path.read_text())["trials"]}
    assert (trials["patient"]["streams"]["cut_short"], trials["patient"]["worker_timeouts"]) == ({}, 0)
    cut = trials["cut"]
    assert cut["streams"]["completed"] >= 1
    assert cut["worker_timeouts"] >= 1
    assert cut["outcomes"]["truncated"] == sum(cut["streams"]["cut_short"].values()) >= 1
    assert any(2 < int(events) < 9 for events in cut["streams"]["cut_short"])
    (sentence,) = (note for note in notes(load(path)) if note.startswith("cut: Gunicorn killed"))
    assert "no sign of life for its timeout of 1 s (WORKER TIMEOUT in its log)" in sentence
    assert sentence.endswith("came to their end.")
