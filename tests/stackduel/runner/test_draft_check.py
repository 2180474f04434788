"""The answers of a started application change its draft."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from itertools import count
from pathlib import Path
from typing import cast

from stackduel.launch.launcher import Started
from stackduel.model.application import ApplicationRoute
from stackduel.model.target import Address
from stackduel.runner.draft_check import TIME_IS_OVER, CheckedDraft, CheckLimits, Questions
from stackduel.storage.redaction import NO_SECRETS
from tests.conftest import Answer, serving
from tests.stackduel.drafted import draft, place


@dataclass
class Running:
    """A server that runs, or has ended; its log is what it wrote so far."""

    address: Address
    log: list[str] = field(default_factory=list)
    ended: str | None = None

    def failure(self) -> str | None:
        """Return why it ended."""
        return self.ended

    def log_tail(self, _lines: int = 20) -> str:
        """Return its log."""
        return "\n".join(self.log)


def asked(running: Running, folder: Path, *paths: str, left_s: float = 60.0, most: int = 5) -> CheckedDraft:
    """The draft for routes with these paths, held against a server."""
    limits = CheckLimits(most, 1.0, time.monotonic() + left_s)
    questions = Questions(place(folder), limits, NO_SECRETS, cast("Started", running), lambda _text: None)
    return questions.checked(draft(folder, [ApplicationRoute(path, ("GET",)) for path in paths]))


def answered(answer: Answer, folder: Path, *paths: str, most: int = 5) -> dict[str, str]:
    """Why the request to each path is a comment, empty for one that is measured."""
    with serving(answer) as address:
        checked = asked(Running(address), folder, *paths, most=most)
    return {each.path: each.off for each in checked.draft.requests}


def test_errors_are_comments_and_redirects_keep_their_status(tmp_path: Path) -> None:
    """A request that needs a login says what gives one."""
    answers = {"/": (200, b"home"), "/old": (302, b""), "/gone": (404, b"gone"), "/mine": (401, b"who?")}
    off = answered(lambda request: answers[request.path], tmp_path, *answers)
    assert off == {
        "/": "", "/old": "", "/gone": "answers 404 (gone)",
        "/mine": "answers 401 (who?); a [[setup]], as above, can log in",
    }  # fmt: skip


def test_an_error_of_the_server_is_named_as_its_log_does(tmp_path: Path) -> None:
    """A line that was there before is another request's."""
    log = ["ValueError: an old one"]

    def answer(request: BaseHTTPRequestHandler) -> tuple[int, bytes]:
        if request.path == "/broken":
            log.append("LookupError: the shop is closed")
        return 500, b"sorry"

    with serving(answer) as address:
        checked = asked(Running(address, log), tmp_path, "/broken", "/silent")
    assert [each.off for each in checked.draft.requests] == [
        "answers 500 (LookupError: the shop is closed)", "answers 500 (sorry)",
    ]  # fmt: skip


def test_an_answer_that_changes_its_kind_gives_its_place_to_another(tmp_path: Path) -> None:
    """It could not be compared under load; one that only changes its values is measured, and noted."""
    numbers = count()

    def answer(request: BaseHTTPRequestHandler) -> tuple[int, bytes]:
        number = next(numbers)
        if request.path == "/either":
            return 200, (b'{"number": 1}', b"text")[number % 2]
        return 200, b'{"number": %d}' % number

    assert answered(answer, tmp_path, "/either", "/number", most=1) == {
        "/either": "answered json, then text, to the same request", "/number": "",
    }  # fmt: skip


def test_what_waited_behind_a_late_answer_is_asked_again(tmp_path: Path) -> None:
    """The only worker was busy: it is none of the second route's slowness."""
    seen: list[str] = []

    def answer(request: BaseHTTPRequestHandler) -> tuple[int, bytes]:
        seen.append(request.path)
        if request.path == "/late" or seen.count("/behind") == 1:
            time.sleep(1.2)
        return 200, b"at last"

    assert answered(answer, tmp_path, "/late", "/behind") == {
        "/late": "no whole answer within 1 s, which --timeout changes", "/behind": "",
    }  # fmt: skip


def test_nobody_asks_what_has_ended_or_has_no_time_left(tmp_path: Path) -> None:
    """The comment says so."""
    nobody = Address("127.0.0.1", 1)
    (ended,) = asked(Running(nobody, ended="the server ended"), tmp_path, "/").draft.requests
    assert ended.off == "not asked, as the server has ended: the server ended"
    (late,) = asked(Running(nobody), tmp_path, "/", left_s=0.0).draft.requests
    assert late.off == TIME_IS_OVER
