"""The index of the runs: always what the files say, whatever became of itself."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from stackduel.analysis.history.run_summary import RunSummary, entry_of
from stackduel.model.findings import Finding
from stackduel.model.search_results.breaking_point import BreakingPoint
from stackduel.model.search_settings import BreakingPointSettings
from stackduel.storage import index as index_module
from stackduel.storage import run_file
from stackduel.storage.index import INDEX_FILE, history
from tests.stackduel.analysis.history.made import NEW, OLD, simulated
from tests.stackduel.makers import run, trial


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """A folder with two runs, and one that is no run."""
    for seed, run_id in enumerate((OLD, NEW)):
        run_file.save(simulated(seed, run_id=run_id), tmp_path / run_id)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "run.json").write_text("{")
    (tmp_path / "notes").mkdir()
    return tmp_path


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The folders whose run was read from its file."""
    seen: list[str] = []
    load = run_file.load

    def noted(where: Path) -> object:
        seen.append(where.name)
        return load(where)

    monkeypatch.setattr(run_file, "load", noted)
    return seen


def folders(where: Path) -> list[str]:
    return [entry.folder for entry in history(where).entries]


def test_runs_are_listed_the_newest_first_and_what_cannot_be_read_with_its_reason(results: Path) -> None:
    """A damaged run does not hide the others; a folder without a run is none."""
    found = history(results)
    assert [entry.run_id for entry in found.entries] == [NEW, OLD]
    (broken,) = found.unreadable
    assert broken.folder == "broken"
    assert "not valid JSON" in broken.reason


def test_a_run_is_read_once_until_its_file_changes(results: Path, loaded: list[str]) -> None:
    """And again when it was replaced, even by one of the same size; a run that is gone is forgotten."""
    first = history(results)
    assert sorted(loaded) == [OLD, NEW, "broken"]
    loaded.clear()
    assert history(results) == first
    assert loaded == []
    run_file.save(replace(simulated(0, run_id=OLD), status="interrupted"), results / OLD)
    assert history(results).entries[1].status == "interrupted"
    assert loaded == [OLD]
    for path in (results / NEW).iterdir():
        path.unlink()
    assert folders(results) == [OLD]


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"this is no database",
        b"SQLite format 3\x00" + b"\xff" * 4000,
    ],
)
def test_a_damaged_index_is_made_anew(results: Path, damage: bytes, loaded: list[str]) -> None:
    """Whatever stands in its place, the list is that of the files."""
    before = history(results)
    (results / INDEX_FILE).write_bytes(damage)
    loaded.clear()
    assert history(results) == before
    assert sorted(loaded) == [OLD, NEW, "broken"]
    loaded.clear()
    assert history(results) == before
    assert loaded == []


def test_an_index_with_a_torn_page_or_a_strange_entry_is_made_anew(results: Path) -> None:
    """Damage in the middle is damage, too, and an entry that is none."""
    before = history(results)
    path = results / INDEX_FILE
    content = bytearray(path.read_bytes())
    content[4096:4300] = b"\x5a" * 204
    path.write_bytes(content)
    assert history(results) == before
    for entry in ("{", "{}", "[]", json.dumps({"folder": "x"})):
        with sqlite3.connect(path) as index:
            index.execute("UPDATE runs SET entry = ? WHERE folder = ?", (entry, OLD))
        index.close()
        assert history(results) == before


def test_an_index_of_another_version_is_made_anew(results: Path, loaded: list[str]) -> None:
    """An entry's contents may change; the index follows."""
    before = history(results)
    with sqlite3.connect(results / INDEX_FILE) as index:
        index.execute("PRAGMA user_version = 99")
    index.close()
    loaded.clear()
    assert history(results) == before
    assert len(loaded) == 3


def test_where_no_index_can_be_written_there_is_a_list_all_the_same(
    results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder in the index's place, or one that somebody else keeps locked."""
    before = history(results)
    path = results / INDEX_FILE
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    monkeypatch.setattr(index_module, "BUSY_S", 0.05)
    assert history(results) == before
    holder.close()
    path.unlink()
    path.mkdir()
    assert history(results) == before


def test_several_processes_at_once_agree(results: Path) -> None:
    """None of them fails, each sees all runs, and so does the index that they leave."""
    code = (
        "import sys; from pathlib import Path; from stackduel.storage.index import history\n"
        "for _ in range(5): assert len(history(Path(sys.argv[1])).entries) == 2\n"
    )
    root = Path(__file__).parents[3]
    started = [
        subprocess.Popen([sys.executable, "-c", code, str(results)], cwd=root, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    for process in started:
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
    assert folders(results) == [NEW, OLD]


def test_no_folder_holds_no_runs(tmp_path: Path) -> None:
    """And none is made for it."""
    assert history(tmp_path / "absent").entries == ()
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - all there is


def test_an_entry_survives_the_journey() -> None:
    """Points, facts and stacks come back equal."""
    entry = entry_of(simulated(1), "here")
    assert msgspec.json.decode(msgspec.json.encode(entry), type=RunSummary) == entry
    assert {point.stack: point.speedup for point in entry.points}["slow"] == 1.0
    assert entry.facts["libraries flask"] == "3.1.0"


def headline(entry: RunSummary) -> str:
    return entry.headline


def test_an_entry_has_a_headline() -> None:
    """The advice, what a search found, or how much was measured."""
    assert "fast" in headline(entry_of(simulated(1, spread=0.002), "x"))
    nothing = run([trial("slow", 5)])
    assert headline(entry_of(nothing, "x")) == "1 trial measured, no conclusion."
    found = Finding("fast", "waiting", BreakingPoint("p99 <= 1 s", 10.0, 15.0, "it died", ()))
    search = replace(nothing, suite=replace(nothing.suite, search=BreakingPointSettings()), findings=(found, found))
    entry = entry_of(search, "x")
    assert entry.headline == f"fast: {found.found.sentence} (and 1 more)"
    assert (entry.mode, entry.points) == ("breaking-point", ())
