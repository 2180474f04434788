"""Whole runs whose requests take their values from a file: every row is verified, sent and checked by itself."""

from __future__ import annotations

import json
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from stackduel.cli import exit_status
from tests.conftest import ANY_HOST, serving

FILE = """
[stacks.it]
url = "{url}"
[load]
connections = 2
requests = 60
"""
USERS = """
[[requests]]
name = "users"
path = "/users/{id}?word={password}"
values_file = "users.csv"
check = "body"
"""
ROWS = {"1": "Ada & Co", "2": "hunter2-7", "3": "corréct"}


class People:
    """A server that knows each user's word; from ``wrong_from`` answers on it takes one user for another."""

    def __init__(self, wrong_from: float = float("inf")) -> None:
        self.asked: Counter[str] = Counter()
        self._wrong_from = wrong_from
        self._lock = threading.Lock()

    def answer(self, request: BaseHTTPRequestHandler) -> tuple[int, bytes]:
        path, _, query = request.path.partition("?")
        user = path.rpartition("/")[2]
        if user not in ROWS:
            return 200, b"ready"
        with self._lock:
            self.asked[user] += 1
            confused = user == "2" and self.asked.total() > self._wrong_from
        right = unquote(query.removeprefix("word=")) == ROWS[user]
        return (200 if right else 403), f"user {'3' if confused else user}".encode()


def measured(folder: Path, people: People, *options: str) -> tuple[dict[str, Any], Path]:
    """The document of a run of one block, and its folder."""
    with serving(people.answer) as address:
        rows = "".join(f'{user},"{word}"\n' for user, word in ROWS.items())
        (folder / "users.csv").write_text(f"id,password\n{rows}", encoding="utf-8")
        (folder / "mine.toml").write_text(FILE.format(url=address.url) + USERS, encoding="utf-8")
        arguments = ["--stacks-file", str(folder / "mine.toml"), "--blocks", "1", "--out", str(folder / "results")]
        assert exit_status(["run", *arguments, "--quiet", "--seed", "1", *ANY_HOST, *options]) == 0
    (found,) = (path for path in (folder / "results").iterdir() if path.is_dir())
    return json.loads((found / "run.json").read_text()), found


@pytest.mark.parametrize("driver", ["raw", "aiohttp"])
def test_each_row_is_sent_and_held_to_its_own_answer(tmp_path: Path, driver: str) -> None:
    """All rows have their turn; they are counted as one request, and no file of the run has their values."""
    people = People()
    run, folder = measured(tmp_path, people, "--driver", driver)
    (trial,) = run["trials"]
    assert (trial["succeeded"], trial["failed"], trial["calls"]) == (60, 0, [])
    assert set(people.asked) == set(ROWS)
    assert min(people.asked.values()) > 5
    stored = run["suite"]["scenarios"][0]["workloads"][0]["values"]
    assert stored == {"file": "users.csv", "names": ["id", "password"], "count": 3, "rows": []}
    texts = [path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file()]
    assert not any(word in text for text in texts for word in ("hunter2-7", "Ada%20%26%20Co"))
    assert any("GET /users/{id}" in text for text in texts)


def test_an_answer_that_belongs_to_another_row_is_wrong(tmp_path: Path) -> None:
    """It is a right answer to somebody else's request."""
    run, _ = measured(tmp_path, People(wrong_from=10))
    (trial,) = run["trials"]
    assert trial["failed"] > 5
    assert trial["outcomes"]["wrong-body"] == trial["failed"]
    assert "user 3" in trial["sample"]
