"""``/ws/broadcast``: everybody in a room gets each of its messages, which are made once, by an exact timetable.

Clients that come within a moment of the first are in one room with it; one that comes later opens the next room. So all
in a room get all of its messages, and all stacks send the same ones. A worker has its own rooms.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager

from stackduel_servers.core.query import INTEGER, NUMBER, Parameter, read
from stackduel_servers.core.streams.timetable import LARGEST_BYTES, NS_PER_S, Timetable, nanoseconds, read_timetable
from stackduel_servers.core.streams.wire import clock_ns
from stackduel_servers.core.websockets.limits import MOST_BEHIND, MOST_BYTES, MOST_CLIENTS
from stackduel_servers.core.websockets.socket import CloseCode, Closing, Socket

GATHER = Parameter(b"gather", NUMBER, 0, 10, b"0.1", "a number from 0 to 10 with at most 9 decimals")
# The numbers of a message have to fit into it.
SMALLEST_BYTES = 128
SIZE = Parameter(b"size", INTEGER, SMALLEST_BYTES, MOST_BYTES, 128, f"an integer from {SMALLEST_BYTES} to {MOST_BYTES}")
ZERO_DIGITS = 19

_PADDING = "x" * LARGEST_BYTES
_END = '"}'


class Rooms:
    """The rooms of one application, each of one timetable, and how many clients are in all of them."""

    def __init__(self, most_clients: int = MOST_CLIENTS) -> None:
        self._most_clients = most_clients
        self._clients = 0
        self._gathering: dict[tuple[Timetable, int], Room] = {}

    async def broadcast(self, socket: Socket, query: bytes) -> None:
        """Send a client all messages of the room that it comes into; raises Closing, LeftError and HttpError 400."""
        timetable, gather_ns = read_timetable(query, SIZE), nanoseconds(read(query, GATHER))
        with self._place(), self._room(timetable, gather_ns).entered() as room:
            await _send(room, socket)

    @contextmanager
    def _place(self) -> Iterator[None]:
        if self._clients >= self._most_clients:
            raise Closing(CloseCode.TRY_AGAIN, f"busy: {self._most_clients} clients are here already, the most at once")
        self._clients += 1
        try:
            yield
        finally:
            self._clients -= 1

    def _room(self, timetable: Timetable, gather_ns: int) -> Room:
        kind, now_ns = (timetable, gather_ns), clock_ns()
        room = self._gathering.get(kind)
        if room is None or room.is_empty or room.zero_ns <= now_ns:
            self._gathering = {key: each for key, each in self._gathering.items() if each.zero_ns > now_ns}
            room = self._gathering[kind] = Room(timetable, now_ns + gather_ns)
        return room


class Room:
    """Those who get the same messages; its timetable begins at ``zero_ns``, when nobody else comes in any more."""

    def __init__(self, timetable: Timetable, zero_ns: int) -> None:
        self.zero_ns = zero_ns
        self._timetable = timetable
        self._clients = 0
        self._made = 0
        self._latest: deque[str] = deque(maxlen=MOST_BEHIND)
        self._next = asyncio.Event()
        self._sender = asyncio.create_task(self._make())

    @property
    def is_empty(self) -> bool:
        """Whether everybody has left, and nothing is sent any more."""
        return self._sender.done()

    @contextmanager
    def entered(self) -> Iterator[Room]:
        """Be in the room; the last to leave ends it."""
        self._clients += 1
        try:
            yield self
        finally:
            self._clients -= 1
            if not self._clients:
                self._sender.cancel()

    async def messages(self) -> AsyncGenerator[str, None]:
        """Yield every message once it is made; raises Closing if the one who takes them is too slow."""
        for number in range(self._timetable.events):
            if number == self._made:
                await self._next.wait()
            behind = self._made - number
            if behind > len(self._latest):
                raise Closing(CloseCode.POLICY, f"too slow: more than {MOST_BEHIND} messages behind")
            yield self._latest[-behind]

    async def _make(self) -> None:
        """Make each message when it is due, and wake everybody who waits for it."""
        for number in range(self._timetable.events):
            left_ns = self.zero_ns + self._timetable.due_ns(number) - clock_ns()
            # One timer a message, as in a stream; without a wait, too, the others get their turn.
            await asyncio.sleep(left_ns / NS_PER_S if left_ns > 0 else 0)
            self._latest.append(message(self._timetable, number, self.zero_ns, clock_ns() - self.zero_ns))
            self._made += 1
            made, self._next = self._next, asyncio.Event()
            made.set()


def message(timetable: Timetable, number: int, zero_ns: int, made_ns: int) -> str:
    """Return a message of a room: the zero of its times, its number, when it was due and made, and padding.

    The zero always takes the same place, so that nothing else depends on the number of its digits.
    """
    due_ns = timetable.due_ns(number)
    head = f'{{"zero_ns":{zero_ns:{ZERO_DIGITS}},"number":{number},"due_ns":{due_ns},"made_ns":{made_ns},"pad":"'
    return head + _PADDING[: timetable.size - len(head) - len(_END)] + _END


async def _send(room: Room, socket: Socket) -> None:
    """Send the messages of a room until the last one, or until the client leaves or says something."""
    sending, listening = asyncio.create_task(_send_all(room, socket)), asyncio.create_task(_listen(socket))
    try:
        await asyncio.wait((sending, listening), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (sending, listening):
            task.cancel()
        await asyncio.gather(sending, listening, return_exceptions=True)
    # A client that leaves right after the last message has got them all.
    (listening if sending.cancelled() else sending).result()


async def _send_all(room: Room, socket: Socket) -> None:
    async with aclosing(room.messages()) as messages:
        async for each in messages:
            await socket.send(each)


async def _listen(socket: Socket) -> None:
    await socket.receive()
    raise Closing(CloseCode.UNSUPPORTED, "this WebSocket takes no messages")
