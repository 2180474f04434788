"""The stream of the model that is none."""

from __future__ import annotations

import json
from typing import Any

from stackduel_servers.core.chat.chat_timetable import DONE, ChatTimetable, read_chat_timetable

MS = 1_000_000


def chunk(event: bytes) -> dict[str, Any]:
    """The chunk of an event's bytes."""
    content: dict[str, Any] = json.loads(event.removeprefix(b"data: "))
    return content


def test_each_token_is_due_by_the_timetable() -> None:
    """The role comes at zero, the tokens by their interval, and the reason of the end and [DONE] with the last one."""
    timetable = ChatTimetable(3, 500 * MS, 20 * MS, 0)
    assert [timetable.due_ns(number) for number in range(timetable.events)] == [
        0,
        500 * MS,
        520 * MS,
        540 * MS,
        540 * MS,
    ]
    *events, last = [timetable.encoded(number, 7) for number in range(timetable.events)]
    assert last.endswith(DONE)
    chunks = [chunk(event) for event in (*events, last.removesuffix(DONE))]
    assert [list(each)[:2] for each in chunks] == [["due_ns", "made_ns"]] * 5
    assert [each["choices"][0]["delta"].get("content") for each in chunks] == ["", " birch", " coral", " delta", None]
    assert [each["choices"][0]["finish_reason"] for each in chunks] == [None, None, None, None, "length"]


def test_twelve_alternatives_make_a_kilobyte() -> None:
    """A token is as large as those of a model that is asked for its probabilities."""
    small, large = (len(ChatTimetable(1, 0, 0, alternatives).encoded(1, 0)) for alternatives in (0, 12))
    assert 200 < small < 300
    assert 1000 < large < 1300


def test_a_timetable_is_asked_for_by_its_own_query() -> None:
    """One process reads what the other writes."""
    timetable = ChatTimetable(64, 1_234_567_891, 20 * MS, 20)
    assert read_chat_timetable(timetable.query().encode()) == timetable
