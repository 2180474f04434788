"""The WebSockets of every stack that has them, really served; the others have nothing there."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from wsproto.events import BytesMessage, CloseConnection, Ping, TextMessage

from stackduel_servers.core.websockets.limits import MOST_BYTES
from stackduel_servers.core.websockets.serving import PATHS
from stackduel_servers.registry import StackEntry
from tests.contract.served import Served
from tests.contract.websocket import ClosedError, RefusedError, WebSocket, opened
from tests.contract.wire import ask

MESSAGES = (
    *("x", "hello", "\x00", "ä€😀", "x" * 125, "x" * 126, "ü" * 100, "x" * MOST_BYTES, "€" * (MOST_BYTES // 3)),
    *(b"\x00", b"\xff\xfe", bytes(range(256)) * 2, b"x" * 65_535, b"y" * MOST_BYTES),
)
IDLE_BOUNDS = "idle must be a number from 0 to 75 with at most 9 decimals"
BAD_ECHOES = {"idle=76": IDLE_BOUNDS, "idle=x": IDLE_BOUNDS, "idle=1&idle=1": "idle must be given at most once"}
BAD_BROADCASTS = {
    "events=0": "events must be an integer from 1 to 10000",
    "size=127": "size must be an integer from 128 to 65536",
    "gather=10.5": "gather must be a number from 0 to 10 with at most 9 decimals",
    "interval=-1": "interval must be a number from 0 to 10 with at most 9 decimals",
}
CLIENTS = 3


@pytest.fixture
def port(entry: StackEntry, served: Served) -> int:
    """The port of a stack that has WebSockets."""
    if not entry.has_websockets:
        pytest.skip("has no WebSockets")
    return served.port


def test_a_message_comes_back_as_it_was(port: int) -> None:
    """Texts and bytes of every size, several at once, in fragments and around a ping: all on one connection."""
    with opened(port, "/ws/echo") as websocket:
        for message in MESSAGES:
            websocket.say(message)
            assert websocket.message() == message
        websocket.say("first", b"second", "third")
        assert [websocket.message() for _ in range(3)] == ["first", b"second", "third"]
        websocket.send(TextMessage("frag", message_finished=False))
        websocket.send(Ping(b"between"))
        assert websocket.pong() == b"between"
        websocket.send(TextMessage("ments", message_finished=True))
        assert websocket.message() == "fragments"
        websocket.send(CloseConnection(code=1000, reason="enough"))
        with pytest.raises(ClosedError) as closed:
            websocket.message()
        assert closed.value.code == 1000


@pytest.mark.parametrize("message", ["x" * (MOST_BYTES + 1), "€" * (MOST_BYTES // 3 + 1), b"x" * (MOST_BYTES + 1)])
def test_a_message_that_is_too_big_closes(port: int, message: str | bytes) -> None:
    """One byte over the bound is 1009, whether the server refuses it or the handler; so are bytes of few characters."""
    with opened(port, "/ws/echo") as websocket:
        websocket.say(message)
        assert websocket.closing()[0] == 1009


def test_a_message_in_fragments_that_is_too_big_closes(port: int) -> None:
    """The bound is that of the whole message."""
    with opened(port, "/ws/echo") as websocket:
        websocket.send(BytesMessage(b"x" * MOST_BYTES, message_finished=False))
        websocket.send(BytesMessage(b"x", message_finished=True))
        assert websocket.closing()[0] == 1009


def test_a_silent_client_is_closed(port: int) -> None:
    """Each message begins the idle time anew; then 1001 says how long nothing came."""
    with opened(port, "/ws/echo?idle=0.8") as websocket:
        for _ in range(3):
            time.sleep(0.3)
            websocket.say("here")
            assert websocket.message() == "here"
        assert websocket.closing() == (1001, "no message came for 0.8 s")


def test_bad_input_closes_with_its_sentence(port: int) -> None:
    """The core's sentence is the reason of a close with 1008."""
    for path, bad in zip(PATHS, (BAD_ECHOES, BAD_BROADCASTS), strict=True):
        for query, sentence in bad.items():
            with opened(port, f"{path}?{query}") as websocket:
                assert websocket.closing() == (1008, sentence)


def test_everybody_gets_each_message_of_a_broadcast(entry: StackEntry, port: int) -> None:
    """All clients get the same bytes, numbered, due and made in time after the zero at which all were there."""

    def received(_: int) -> tuple[list[str], int, int]:
        asked_ns = time.perf_counter_ns()
        with opened(port, "/ws/broadcast?events=5&first=0.01&interval=0.02&size=200&gather=0.5") as websocket:
            messages = [str(websocket.message()) for _ in range(5)]
            ended_ns = time.perf_counter_ns()
            assert websocket.closing() == (1000, "")
            return messages, asked_ns, ended_ns

    with ThreadPoolExecutor(CLIENTS) as threads:
        everybody = list(threads.map(received, range(CLIENTS)))
    # Of several workers, each has a room of its own.
    assert len({tuple(messages) for messages, _, _ in everybody}) <= entry.worker_count(1)
    messages, asked_ns, ended_ns = everybody[0]
    assert {len(message) for message in messages} == {200}
    contents = [json.loads(message) for message in messages]
    assert [(each["number"], each["due_ns"]) for each in contents] == [
        (number, 10_000_000 + number * 20_000_000) for number in range(5)
    ]
    zero_ns = contents[0]["zero_ns"]
    assert asked_ns < zero_ns < zero_ns + contents[-1]["made_ns"] < ended_ns
    # A timer of uvloop counts from the begin of the loop's turn, which on a busy machine may be some time ago.
    assert all(each["zero_ns"] == zero_ns and each["made_ns"] > each["due_ns"] - 10_000_000 for each in contents)


def test_a_client_that_comes_later_gets_a_broadcast_of_its_own(port: int) -> None:
    """A room that has begun takes nobody in, so that everybody gets all messages."""
    target = "/ws/broadcast?events=2&interval=0&gather=0"
    with opened(port, target) as early, opened(port, target) as late:
        numbers = [[json.loads(each.message())["number"] for _ in range(2)] for each in (early, late)]
        assert numbers == [[0, 1], [0, 1]]


def test_a_broadcast_takes_no_messages(port: int) -> None:
    """A client that says something there is closed with 1003."""
    with opened(port, "/ws/broadcast?gather=10") as websocket:
        websocket.say("hello")
        assert websocket.closing() == (1003, "this WebSocket takes no messages")


def test_a_leaving_client_disturbs_nobody(port: int) -> None:
    """Those who stay in a room get the rest, and the server answers on."""
    target = "/ws/broadcast?events=10&interval=0.01&gather=0.3"
    with opened(port, target) as staying:
        with opened(port, target) as leaving:
            leaving.message()
        assert [json.loads(staying.message())["number"] for _ in range(10)] == list(range(10))
        assert staying.closing() == (1000, "")


def test_the_handshake_of_an_unknown_path_is_refused(port: int) -> None:
    """The status is the server's own, and says that the client is wrong."""
    for target in ("/ws/nothing", "/ws", "/ws/echo/"):
        with pytest.raises(RefusedError) as refused, opened(port, target):
            pass
        assert 400 <= refused.value.status < 500


def test_what_asks_for_no_websocket_is_refused(port: int) -> None:
    """A plain request is 426 and names the protocol."""
    for path in PATHS:
        answer = ask(port, path)
        assert (answer.status, answer.body) == (426, b'{"error":"upgrade required: only a WebSocket"}')
        assert answer.header("upgrade") == "websocket"


def test_stacks_without_websockets_have_nothing_there(entry: StackEntry, served: Served) -> None:
    """The paths are unknown, with an offer to change the protocol and without one."""
    if entry.has_websockets:
        pytest.skip("has WebSockets")
    for path in PATHS:
        assert ask(served.port, path).status == 404
        with pytest.raises(RefusedError) as refused, opened(served.port, path):
            pass
        assert refused.value.status == 404


def test_one_connection_ends_alone(port: int) -> None:
    """The end of one WebSocket closes no other of the same worker."""
    with opened(port, "/ws/echo") as staying:
        with opened(port, "/ws/echo") as wrong:
            wrong.say(b"x" * (MOST_BYTES + 1))
            assert wrong.closing()[0] == 1009
        assert _echoes(staying)


def _echoes(websocket: WebSocket) -> bool:
    websocket.say("still here")
    return websocket.message() == "still here"
