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
summary = "Streams of 4 s."
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
name = "long"
path = "/stream?events=9&interval=0.5"
stream = "sse"
load = { connections = 1, duration_s = 5.0 }
"""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Gunicorn does not run on Windows")


def test_a_timeout_cuts_the_streams_of_sync_workers_and_is_named(tmp_path: Path) -> None:
    """Preflight sees the whole stream of both stacks; then one loses all of them, and the notes say to what."""
    (tmp_path / "timeout.toml").write_text(SUITE, encoding="utf-8")
    arguments = ["run", str(tmp_path / "timeout.toml"), "--blocks", "1", "--out", str(tmp_path / "out"), "--quiet"]
    assert exit_status([*arguments, *ANY_HOST]) == 0
    (path,) = (tmp_path / "out").glob("*/run.json")
    trials = {each["stack"]: each for each in json.loads(path.read_text())["trials"]}
    assert (trials["patient"]["streams"]["cut_short"], trials["patient"]["worker_timeouts"]) == ({}, 0)
    cut = trials["cut"]
    assert cut["streams"]["completed"] == 0
    assert cut["worker_timeouts"] >= 1
    assert cut["outcomes"]["truncated"] == sum(cut["streams"]["cut_short"].values()) >= 1
    assert all(2 <= int(events) < 9 for events in cut["streams"]["cut_short"])
    (sentence,) = (note for note in notes(load(path)) if note.startswith("cut: Gunicorn killed"))
    assert "no sign of life for its timeout of 1 s (WORKER TIMEOUT in its log)" in sentence
    assert sentence.endswith("and 0 came to their end.")
