"""A whole run of a user's own stacks: its speedup is true on a quiet machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import ANY_HOST
from tests.stackduel.cli.test_cli import own_file, stackduel
from tests.stackduel.valid import check


def test_own_stacks_are_compared_and_their_secrets_stay_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two commands of the user's get a true speedup, and the token of their request is nowhere in the results."""
    monkeypatch.setenv("TOKEN", "s3cret-token")
    done = stackduel(
        "run", "--stacks-file", str(own_file(tmp_path)), "--blocks", "2", *ANY_HOST, "--out", str(tmp_path / "out")
    )
    assert done.returncode == 0, done.stderr
    (folder,) = (tmp_path / "out").iterdir()
    content = json.loads((folder / "run.json").read_text())
    check(content)
    assert content["baseline"] == "old"
    (comparison,) = content["comparisons"]
    assert comparison["candidate"] == "new"
    # 20 ms and what a threaded server adds to it on one core, against 100 ms.
    assert 3.5 < comparison["speedup"] < 5.2
    assert len(content["trials"]) == 4
    for path in folder.rglob("*"):
        assert path.is_dir() or "s3cret-token" not in path.read_text()
    assert "s3cret-token" not in done.stdout + done.stderr
    assert str(folder / "report.html") in done.stdout
