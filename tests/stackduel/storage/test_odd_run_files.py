"""Files that are no run: each is named and skipped, and none hangs, exhausts or ends the command."""

from __future__ import annotations

import base64
import copy
import json
import os
import random
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stackduel.analysis.history.run_summary import entry_of
from stackduel.cli.runs import show as show_runs
from stackduel.model.errors import FieldError, StoreError
from stackduel.report.terminal.page import standard_output
from stackduel.storage import run_file
from stackduel.storage.index import history
from stackduel.storage.run_document import run_to_dict
from stackduel.storage.run_lock import locked
from tests.stackduel.analysis.history.made import NEW, simulated
from tests.stackduel.makers import run, trial
from tests.stackduel.storage.whole import whole

MUTANTS = 2500
ODD: tuple[Any, ...] = (
    None, True, 0, -1, 1, 10**30, 2**63, 1e308, -1e308, 5e-324, 0.5, "", "x", "\0", "a" * 1000, [], {}, [[]], {"a": 1},
    "NaN", [None], 10**12,
)  # fmt: skip


def document() -> dict[str, Any]:
    return run_to_dict(run([trial("slow", 5), trial("fast", 9)]))


def stored(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(text, encoding="utf-8", errors="surrogatepass")
    return folder


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every part of a document; of a long list, of its first parts."""
    keys = list(value)[:40] if isinstance(value, dict) else range(min(len(value), 4)) if isinstance(value, list) else ()
    for key in keys:
        yield (*path, key)
        yield from places(value[key], (*path, key))


def mutant(content: dict[str, Any], at: list[tuple[Any, ...]], draw: random.Random) -> str:
    """The text of a document in which one part is missing, doubled, damaged or something else."""
    made = copy.deepcopy(content)
    *above, last = draw.choice(at)
    holder = made
    for key in above:
        holder = holder[key]
    value, how = holder[last], draw.random()
    if how < 0.15:
        del holder[last]
    elif how < 0.3 and isinstance(value, str) and value:
        cut = draw.randrange(len(value))
        holder[last] = value[:cut] + draw.choice(["", "A", "é", "{"]) + value[cut + 1 :]
    elif how < 0.4 and type(value) in {int, float}:
        holder[last] = value * draw.choice([-1, 0, 1e6, 1e300])
    else:
        holder[last] = draw.choice(ODD)
    text = json.dumps(made)
    if draw.random() < 0.2:
        cut = draw.randrange(len(text))
        text = text[:cut] + draw.choice(["", '"', "}", "9", "NaN", "\ud800", "1e999"]) + text[cut + draw.randrange(9) :]
    return text


def test_thousands_of_damaged_files_are_listed_or_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever part of a run is damaged, it is shown as it is or named with a reason; nothing else suffers."""
    draw = random.Random(12)
    documents = [run_to_dict(simulated(1, run_id=NEW)), run_to_dict(whole())]
    documents[0]["trials"] = documents[0]["trials"][:6]
    at = [list(places(each)) for each in documents]
    for number in range(MUTANTS):
        which = number % len(documents)
        stored(tmp_path / f"{number:05d}", mutant(documents[which], at[which], draw))
    stored(tmp_path / "good", json.dumps(documents[0]))
    found = history(tmp_path)
    assert len(found.entries) + len(found.unreadable) == MUTANTS + 1
    assert "good" in {each.folder for each in found.entries}
    assert len(found.unreadable) > MUTANTS / 4
    assert all(each.reason for each in found.unreadable)
    # What the checks let pass is caught by the index: that may happen now and then, and never often.
    assert sum("contradict" in each.reason for each in found.unreadable) < MUTANTS / 100
    assert show_runs(tmp_path, None, MUTANTS, standard_output(), as_json=True) == 0
    listed = json.loads(capsys.readouterr().out)
    assert len(listed["unreadable"]) == len(found.unreadable)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"duration_s": 2.0', '"duration_s": NaN', "not valid JSON"),
        ('"duration_s": 2.0', '"duration_s": 1e999', "$"),
        ('"duration_s": 2.0', '"duration_s": 0.0', "suite: waiting: a load that cannot be sent"),
        ('"blocks": 1', f'"blocks": {10**15}', "suite: blocks: from 1 to"),
        ('"block": 1', f'"block": {10**12}', "a block or an attempt above"),
        ('"stack": "fast"', '"stack": "gone"', "trials: no stack 'gone'"),
        ('"scenario": "waiting"', '"scenario": "gone"', "trials: no scenario 'gone'"),
        ('"baseline": "slow"', '"baseline": "gone"', "baseline"),
        ('"started": "2026-01-02T03:04:05+00:00"', '"started": "yesterday"', "started: must be a date and time with"),
        ('"started": "2026-01-02T03:04:05+00:00"', '"started": "2026-01-02T03:04:05"', "started: must be a date"),
        ('"id": "20260102-030405-quick-abcd"', '"id": "../../x"', "id: up to 128 letters, digits"),
        ('"id": "20260102-030405-quick-abcd"', '"id": ""', "id: up to 128 letters, digits"),
        ('"trials": [', f'"trials": [{"[" * 100_000}', "not valid JSON"),
        ('"duration_s": 2.0, "requests": null', '"duration_s": null, "requests": null', "a load that cannot be sent"),
        ('"duration_s": 2.0, "requests": null', '"duration_s": 2.0, "requests": 9', "a load that cannot be sent"),
        ('"cpu_s": 0.5', '"cpu_s": -0.5', "a cost below 0 - at `$.trials[0]`"),
        ('"min": 100.0', '"min": -1', "latencies below 0"),
        ('"launch": {}', '"launch": {"images": "x"}', "environment: launch: images: must be a table"),
        ('"outcomes": {"ok": 5}', '"outcomes": {"gone": 5}', "no outcome 'gone' - at `$.trials[0]`"),
        ('"gates": {}', '"gates": {"gone": 1}', "options: gates: no gate has the bound 'gone'"),
        ('"in_flight_mean": 9.5', '"in_flight_mean": 5e-324', "no possible figure - at `$.trials[0].in_flight_mean`"),
    ],
)
def test_an_impossible_part_is_named(tmp_path: Path, old: str, new: str, told: str) -> None:
    """A figure or a name that no run can have is an error that says which."""
    text = json.dumps(document())
    assert old in text
    with pytest.raises(StoreError, match=r"run .*run\.json: ") as raised:
        run_file.load(stored(tmp_path / "run", text.replace(old, new)) / "run.json")
    assert told in str(raised.value)


def test_a_histogram_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    """A few kilobytes that inflate to gigabytes are an error before they are inflated."""
    content = document()
    bomb = zlib.compress(b"\0" * 20_000_000, 9)
    content["trials"][0]["histogram"] = base64.b64encode(
        b"\x1c\x84\x93\x14" + len(bomb).to_bytes(4, "big") + bomb
    ).decode()
    with pytest.raises(StoreError, match="a histogram of more than"):
        run_file.load(stored(tmp_path / "run", json.dumps(content)))


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX files")
def test_neither_a_pipe_nor_a_device_is_read(tmp_path: Path) -> None:
    """A file that might never end is named and skipped at once."""
    (tmp_path / "pipe").mkdir()
    os.mkfifo(tmp_path / "pipe" / "run.json")
    (tmp_path / "device").mkdir()
    (tmp_path / "device" / "run.json").symlink_to("/dev/zero")
    stored(tmp_path / "good", json.dumps(document()))
    found = history(tmp_path)
    assert [each.folder for each in found.entries] == ["good"]
    assert {each.folder for each in found.unreadable} == {"pipe", "device"}
    assert all("is no file" in each.reason for each in found.unreadable)


@pytest.mark.skipif(sys.platform != "linux", reason="names of any bytes")
def test_a_folder_whose_name_is_no_text_spoils_no_list(tmp_path: Path) -> None:
    """A folder whose name no index can hold is left out."""
    os.mkdir(os.fsencode(tmp_path) + b"/\xff\xfe")  # noqa: PTH102 - no path is made of such a name
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe/run.json")).write_text("{}")
    stored(tmp_path / "good", json.dumps(document()))
    assert [each.folder for each in history(tmp_path).entries] == ["good"]


def test_every_run_of_ours_is_consistent(tmp_path: Path) -> None:
    """Runs as this version writes them are read, and their summaries are made."""
    for number, made in enumerate((run([trial("slow", 5)]), simulated(2, run_id=NEW), whole(), run([]))):
        path = run_file.save(made, tmp_path / str(number))
        assert entry_of(run_file.load(path), "x").run_id == made.run_id


@pytest.mark.skipif(sys.platform == "win32", reason="folders cannot be locked")
def test_a_run_is_measured_by_one_process_at_a_time(tmp_path: Path) -> None:
    """The second to ask is refused, until the first has ended."""
    with (
        locked(tmp_path / "run"),
        pytest.raises(FieldError, match="run run: another process measures it"),
        locked(tmp_path / "run"),
    ):
        raise AssertionError("two at once")
    with locked(tmp_path / "run"):
        assert list((tmp_path / "run").iterdir()) == []
