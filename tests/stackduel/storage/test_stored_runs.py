"""Runs of schema 1 that an older version wrote: they stay readable."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from stackduel import cli
from stackduel.storage.run_document import run_from_dict, run_to_dict
from tests.stackduel.valid import check

ROOT = Path(__file__).parents[3]
STORED = (*sorted((ROOT / "tests" / "stored_runs").glob("*.run.json.gz")), ROOT / "docs/examples/quick.run.json.gz")
NAMES = [f"{path.parent.name}-{path.name.partition('.')[0]}" for path in STORED]


def content_of(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(gzip.decompress(path.read_bytes()))
    return content


def without_added(written: Any, stored: Any) -> Any:
    """Return what was written, without the keys that are null and that the stored document lacks."""
    if isinstance(written, dict) and isinstance(stored, dict):
        kept = {key: each for key, each in written.items() if key in stored or each is not None}
        return {key: without_added(each, stored.get(key)) for key, each in kept.items()}
    if isinstance(written, list) and isinstance(stored, list) and len(written) == len(stored):
        return [without_added(*pair) for pair in zip(written, stored, strict=True)]
    return written


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """A folder of results with every stored run."""
    for name, path in zip(NAMES, STORED, strict=True):
        (tmp_path / name).mkdir()
        (tmp_path / name / "run.json").write_bytes(gzip.decompress(path.read_bytes()))
    return tmp_path


@pytest.mark.parametrize("path", STORED, ids=NAMES)
def test_a_stored_run_comes_back_as_the_same_document(path: Path) -> None:
    """Decoding and encoding changes nothing but that keys added since are null; it is then valid by today's schema."""
    content = content_of(path)
    written = json.loads(json.dumps(run_to_dict(run_from_dict(content)), allow_nan=False))
    check(written)
    assert without_added(written, content) == content


def test_a_key_that_was_added_since_is_read_and_written_as_null() -> None:
    """As if ``binds`` of a comparison had not existed when the run was stored."""
    content = content_of(STORED[-1])
    for each in content["comparisons"]:
        each["binds"] = None
    older = json.loads(json.dumps(content))
    for each in older["comparisons"]:
        del each["binds"]
    written = json.loads(json.dumps(run_to_dict(run_from_dict(older)), allow_nan=False))
    check(written)
    assert without_added(written, content) == content
    assert without_added(written, older) == older


@pytest.mark.parametrize("name", NAMES)
def test_a_stored_run_can_be_reported(results: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """``report`` writes its pages anew."""
    assert cli.exit_status(["report", str(results / name)]) == 0
    assert "Traceback" not in capsys.readouterr().err
    assert (results / name / "report.html").stat().st_size > 10_000


@pytest.mark.parametrize(
    "arguments",
    [
        ["compare", "stored_runs-quick", "stored_runs-quick"],
        ["compare", "examples-quick", "stored_runs-quick"],
        ["runs"],
        ["trend"],
    ],
    ids=" ".join,
)
def test_stored_runs_stand_in_the_history(
    results: Path, arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are listed, compared and drawn."""
    monkeypatch.chdir(results)
    assert cli.exit_status([*arguments, "--out", str(results)]) == 0
    captured = capsys.readouterr()
    assert captured.out
    assert "Traceback" not in captured.err
