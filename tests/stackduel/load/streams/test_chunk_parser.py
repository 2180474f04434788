"""The tokens of streams as servers of models send them."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackduel.load.streams.chunk_parser import ChunkParser
from tests.stackduel.load.streams.model_streams import DONE, WORDS, chunk, llama_cpp, older_completions, openai, vllm

SERVERS: list[Callable[[], bytes]] = [openai, vllm, llama_cpp, older_completions]
TOLD = {openai: 3, vllm: 3, llama_cpp: 3, older_completions: None}


def texts(parser: ChunkParser, body: bytes) -> list[str]:
    """The texts of the tokens of a body."""
    return [json.loads(event.data)["text"] for event in parser.feed(body)]


@pytest.mark.parametrize("server", SERVERS)
def test_tokens_are_those_of_every_server(server: Callable[[], bytes]) -> None:
    """Roles, empty texts, usage and comments are no tokens; the end is found, and the count where it is told."""
    parser = ChunkParser()
    assert texts(parser, server()) == list(WORDS)
    assert parser.missing_end == ""
    assert parser.told_tokens == TOLD[server]


@given(st.sampled_from(SERVERS), st.sets(st.integers(0, 1500)))
def test_tokens_are_the_same_however_the_bytes_are_cut(server: Callable[[], bytes], cuts: set[int]) -> None:
    """Each token is complete with the byte that ends its event."""
    body, parser = server(), ChunkParser()
    whole = ChunkParser().feed(body)
    marks = [0, *sorted(cut for cut in cuts if cut < len(body)), len(body)]
    found = [event for start, end in pairwise(marks) for event in parser.feed(body[start:end])]
    assert found == whole
    assert all(body[: event.end].endswith((b"\n", b"\r")) for event in found)


def test_a_chunk_with_several_tokens_is_one_event() -> None:
    """A server's own count of its tokens is more than the events that came."""
    parser = ChunkParser()
    assert len(parser.feed(vllm(tokens_in_chunk=4))) == 3
    assert parser.told_tokens == 12


@pytest.mark.parametrize(
    ("delta", "text"),
    [
        ({"reasoning_content": "hm"}, "hm"),
        ({"reasoning": "hm", "content": None}, "hm"),
        ({"refusal": "no"}, "no"),
        ({"tool_calls": [{"index": 0, "id": "c1", "function": {"name": "find", "arguments": ""}}]}, "find"),
        ({"tool_calls": [{"index": 0, "function": {"arguments": '{"q"'}}]}, '{"q"'),
        ({"function_call": {"arguments": "{"}}, "{"),
    ],
)
def test_reasoning_and_calls_of_tools_are_tokens(delta: dict[str, object], text: str) -> None:
    """A model has made them, too, and the client waits for them."""
    assert texts(ChunkParser(), chunk(delta)) == [text]


@pytest.mark.parametrize("delta", [{}, {"content": ""}, {"content": None}, {"tool_calls": [1]}, {"tool_calls": 1}])
def test_what_has_no_text_is_no_token(delta: dict[str, object]) -> None:
    """Also where it has another form than it should."""
    assert texts(ChunkParser(), chunk(delta)) == []


@pytest.mark.parametrize(
    ("end", "missing"),
    [
        (b"", "without a finish_reason or [DONE]"),
        (chunk({}, "stop"), ""),
        (DONE, ""),
        (
            b'data: {"error":{"message":"out of memory"}}\n\n' + DONE,
            'with an error: {"error":{"message":"out of memory"}}',
        ),
        (b'data: {"object":"error","message":"gone"}\n\n' + DONE, 'with an error: {"object":"error","message":"gone"}'),
        (b'event: error\ndata: {"error":"gone"}\n\n', 'with an error: {"error":"gone"}'),
        (b'error: {"code":500}\n\n' + DONE, 'with an error: {"code":500}'),
        (b"data: <html>\n\n" + DONE, "with an error: no chunk: <html>"),
        (b'data: {"choices":7}\n\n' + DONE, 'with an error: no chunk: {"choices":7}'),
    ],
)
def test_an_end_is_told_from_a_cut_and_an_error(end: bytes, missing: str) -> None:
    """One of two marks is enough for an end; after an error neither is."""
    parser = ChunkParser()
    assert texts(parser, chunk({"content": "a"}) + end) == ["a"]
    assert parser.missing_end == missing


def test_the_times_of_a_timetable_stay() -> None:
    """Whatever else is in a chunk, its times and its text are all that is compared."""
    one = chunk({"content": "a"}, id="1").replace(b"{", b'{"due_ns":5,"made_ns":6,', 1)
    other = chunk({"content": "a"}, id="2", model="b").replace(b"{", b'{"due_ns":5,"made_ns":6,', 1)
    (first,), (second,) = ChunkParser().feed(one), ChunkParser().feed(other)
    assert first.data == second.data == b'{"due_ns":5,"made_ns":6,"text":"a"}'
