"""Every stack, really served, as the gateway to a model: what it makes of its upstream's tokens and failures."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

import pytest

from stackduel.verify.contract.chat_cases import PATH, chat_body
from stackduel_servers.core.chat.chat_timetable import ChatTimetable
from stackduel_servers.registry import StackEntry
from tests.contract import scripted
from tests.contract.events import Streamed, stream
from tests.contract.scripted import ScriptedDownstream
from tests.contract.served import Served
from tests.contract.test_streams import LOST, REFUSED, check_head
from tests.contract.together import of_all

MS = 1_000_000
TIMES = "first=0.03&interval=0.02"
TOKENS, ALTERNATIVES = 4, 12
TIMETABLE = ChatTimetable(TOKENS, 30 * MS, 20 * MS, ALTERNATIVES)
ASKED = {"max_tokens": TOKENS, "top_logprobs": ALTERNATIVES}
FULL = b'{"error":"downstream is full"}'
# Of the messages, as there is no tokenizer.
WORDS = 3
Chats = Mapping[str, Future[Mapping[str, Streamed]]]


@pytest.fixture(scope="module")
def chats(fleet: Mapping[str, Served]) -> Chats:
    """Return what each stack sends, by what it is asked; most of it is waiting."""

    def ask(_entry: StackEntry, served: Served) -> Mapping[str, Streamed]:
        told = chat_body(**ASKED, stream_options={"include_usage": True})
        asked = {
            "told": stream(served.port, f"{PATH}?{TIMES}", "POST", json_body=told),
            "untold": stream(served.port, f"{PATH}?{TIMES}", "POST", json_body=chat_body(**ASKED)),
            "half a character": stream(
                served.port, PATH, "POST", json_body=chat_body(messages=[{"role": "user", "content": "\ud800"}])
            ),
        }
        for first in (*REFUSED, *LOST, scripted.STATUS_503, scripted.SILENT):
            target = f"{PATH}?first={first}&interval=0.001"
            asked[first] = stream(served.port, target, "POST", json_body=chat_body())
        return asked

    return of_all(ask, fleet, at_once=len(fleet))


def test_tokens_are_passed_on_under_the_gateways_name(entry: StackEntry, chats: Chats) -> None:
    """All chunks come, the upstream's but for the id and the model, and the tokens are counted before the end."""
    sent = chats[entry.name].result()["told"]
    assert sent.whole
    check_head(sent)
    *chunks, usage = chunks_of(sent)
    ids = {chunk.pop("id") for chunk in (*chunks, usage)}
    assert len(ids) == 1
    assert ids.pop().startswith("chatcmpl-")
    assert [without_making(chunk) for chunk in chunks] == expected_chunks()
    assert [chunk["due_ns"] for chunk in chunks] == [0, 30 * MS, 50 * MS, 70 * MS, 90 * MS, 90 * MS]
    assert (usage["choices"], usage["model"]) == ([], "chat")
    assert usage["usage"] == {
        "prompt_tokens": WORDS, "completion_tokens": TOKENS, "total_tokens": WORDS + TOKENS
    }  # fmt: skip


def test_who_does_not_ask_is_not_told_the_tokens(entry: StackEntry, chats: Chats) -> None:
    """Without ``include_usage`` there is no chunk of it; each completion has an id of its own."""
    sent = chats[entry.name].result()
    chunks = chunks_of(sent["untold"])
    assert len(chunks) == TOKENS + 2
    assert chunks[0]["id"] != chunks_of(sent["told"])[0]["id"]


def test_half_a_character_is_no_crash(entry: StackEntry, chats: Chats) -> None:
    """JSON can hold a text that is none in UTF-8; the upstream gets it as it came."""
    assert len(chunks_of(chats[entry.name].result()["half a character"])) > TOKENS


@pytest.mark.parametrize("first", [*REFUSED, scripted.STATUS_503, scripted.SILENT])
def test_a_gateway_without_an_upstream_says_so(first: str, entry: StackEntry, chats: Chats) -> None:
    """An upstream that sends no stream is 502, one that is full 503, one that is too slow 504: before any token."""
    sent = chats[entry.name].result()[first]
    late = b'{"error":"downstream too slow: no answer within delay + 3 s"}'
    status, body = {scripted.STATUS_503: (503, FULL), scripted.SILENT: (504, late)}.get(first) or (502, REFUSED[first])
    assert (sent.status, sent.headers["content-type"], sent.body) == (status, "application/json", body)
    assert (sent.headers.get("retry-after") == "1") == (status == 503)


@pytest.mark.parametrize("first", LOST)
def test_a_gateway_that_loses_its_upstream_says_so(first: str, entry: StackEntry, chats: Chats) -> None:
    """Whole chunks are passed on; then one event names the failure, and neither a finish_reason nor [DONE] comes."""
    sent = chats[entry.name].result()[first]
    *chunks, last = sent.events()
    assert sent.whole
    assert [json.loads(chunk.data)["choices"][0]["finish_reason"] for chunk in chunks] == [None, None]
    assert (last.kind, last.data) == ("error", LOST[first])


def test_an_absent_upstream_is_502(served: Served, downstream: ScriptedDownstream) -> None:
    """With nobody listening the answer is the error."""
    with downstream.away():
        sent = stream(served.port, PATH, "POST", json_body=chat_body())
        assert (sent.status, sent.body) == (502, b'{"error":"downstream unreachable"}')


def chunks_of(sent: Streamed) -> list[dict[str, Any]]:
    """The chunks of a stream that came to its end."""
    *chunks, done = sent.events()
    assert done.data == "[DONE]"
    return [json.loads(chunk.data) for chunk in chunks]


def without_making(chunk: dict[str, Any]) -> dict[str, Any]:
    """A chunk but for the moment at which it was made."""
    return {name: value for name, value in chunk.items() if name != "made_ns"}


def expected_chunks() -> list[dict[str, Any]]:
    """The upstream's chunks with the gateway's name of the model."""
    written = [TIMETABLE.encoded(number, 0).split(b"\n\n")[0] for number in range(TIMETABLE.events)]
    chunks = [json.loads(each.removeprefix(b"data: ")) for each in written]
    for chunk in chunks:
        del chunk["id"], chunk["made_ns"]
        chunk["model"] = "chat"
    return chunks
