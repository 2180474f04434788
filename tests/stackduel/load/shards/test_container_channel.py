"""The engine's frames, as they come over an attached container's connection."""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest

from stackduel.load.shards.container_channel import FRAME_HEAD, deliver_events, frames


def frame(kind: int, content: bytes) -> bytes:
    return FRAME_HEAD.pack(kind, len(content)) + content


def in_pieces(data: bytes, size: int) -> Callable[[int], bytes]:
    """A receiver that never gives more than ``size`` bytes at once."""
    waiting = bytearray(data)

    def receive(most: int) -> bytes:
        piece = bytes(waiting[: min(most, size)])
        del waiting[: len(piece)]
        return piece

    return receive


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_frames_are_put_together_from_any_pieces(size: int) -> None:
    """However the bytes are cut on their way, the frames are the same."""
    data = frame(1, b"a" * 300) + frame(2, b"") + frame(2, b"b")
    assert list(frames(in_pieces(data, size))) == [(1, b"a" * 300), (2, b""), (2, b"b")]


@pytest.mark.parametrize("missing", [1, 4, 9])
def test_a_frame_that_is_cut_off_is_the_end(missing: int) -> None:
    """A connection that ends in the middle of a frame gives no half of it."""
    data = frame(1, b"whole") + frame(1, b"half")
    assert list(frames(in_pieces(data[:-missing], 1000))) == [(1, b"whole")]


def test_events_and_words_are_told_apart_and_the_end_is_told() -> None:
    """Lines of stdout are events, lines of stderr the last words, whichever frames they come in; then comes None."""
    ours, theirs = socket.socketpair()
    events: list[Any] = []
    words: deque[str] = deque(maxlen=2)
    with ours:
        reader = Thread(target=deliver_events, args=(ours, events.append, words))
        reader.start()
        with theirs:
            theirs.sendall(frame(1, b'{"event": "re') + frame(2, b"one\ntwo\n") + frame(1, b'ady"}\n{"event":'))
            theirs.sendall(frame(2, b"three\n") + frame(1, b' "warm"}\n'))
        reader.join(10)
    assert events == [{"event": "ready"}, {"event": "warm"}, None]
    assert list(words) == ["two", "three"]
