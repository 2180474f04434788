"""One client beside a load: a plain socket with one stream."""

from __future__ import annotations

import asyncio
import re
import socket
import struct
import sys
from contextlib import suppress
from time import perf_counter_ns

from stackduel.load.aside.client_plan import ClientPlan, ClientStream
from stackduel.load.clock import clock, until
from stackduel.load.streams.timetable import ZERO_FIELD
from stackduel.model.target import Address

READ_BYTES = 65_536
MOST_HEAD_BYTES = 65_536
# A client that reads slowly does so a few times a second.
READS_PER_S = 4
RIGHT = re.compile(rb"HTTP/1\.[01] 200\b")
ZERO = re.compile(rb"(?i)\r\n%b:[ \t]*([0-9]{1,19})[ \t]*(?:\r\n|$)" % ZERO_FIELD)
NUMBER = re.compile(rb"(?:^|\n)id: ?([0-9]{1,9})\r?\n")
# More than a number's line has, and the framing of a chunk before it.
CARRIED_BYTES = 64
# A chunked stream ends with this; its connection stays open.
LAST_CHUNK = b"\r\n0\r\n\r\n"
# What closes a socket by RST: no time to send what is left.
AT_ONCE = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


class AsideClient:
    """Opens a stream as planned, reads it, and leaves it; ``stream`` is what became of it so far."""

    def __init__(self, address: Address, request: bytes, plan: ClientPlan) -> None:
        self.stream = ClientStream(plan)
        self._address = address
        self._request = request
        self._head = b""
        self._carried = b""
        self._end = b""

    async def run(self, began_s: float) -> None:
        """Follow the plan; ``began_s`` is when the window opened. What is cancelled closes its connection."""
        await until(began_s + self.stream.plan.opens_s)
        with socket.socket(_family(self._address)) as sock:
            sock.setblocking(False)
            if self.stream.plan.buffer_bytes is not None:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.stream.plan.buffer_bytes)
            with suppress(OSError):
                await self._read_until_leaving(sock, began_s)

    async def _read_until_leaving(self, sock: socket.socket, began_s: float) -> None:
        leaves_s = self.stream.plan.leaves_s
        try:
            async with asyncio.timeout(None if leaves_s is None else max(0.0, began_s + leaves_s - clock())):
                await self._read(sock)
        except TimeoutError:
            if self.stream.begun and not self.stream.ended:
                self._leave(sock)

    def _leave(self, sock: socket.socket) -> None:
        if self.stream.plan.resets:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
        self.stream.left_ns = perf_counter_ns()
        sock.close()

    async def _read(self, sock: socket.socket) -> None:
        """Ask for the stream, and read it to its end."""
        loop = asyncio.get_running_loop()
        await loop.sock_connect(sock, self._address.socket or (self._address.host, self._address.port))
        await loop.sock_sendall(sock, self._request)
        slowly = self.stream.plan.bytes_per_s
        most = READ_BYTES if slowly is None else max(1, slowly // READS_PER_S)
        while not self._end.endswith(LAST_CHUNK) and (data := await loop.sock_recv(sock, most)):
            self._take(data)
            if slowly is not None:
                await asyncio.sleep(len(data) / slowly)
        self.stream.ended = True

    def _take(self, data: bytes) -> None:
        if not self.stream.begun:
            self._head += data
            head, end, data = self._head.partition(b"\r\n\r\n")
            if end:
                self._begin(head)
            elif len(head) > MOST_HEAD_BYTES:
                raise ConnectionError("the head is too long")
        if self.stream.begun:
            self.stream.bytes_read += len(data)
            self._end = (self._end + data[-len(LAST_CHUNK) :])[-len(LAST_CHUNK) :]
            if self.stream.plan.bytes_per_s is not None:
                self._note_numbers(data)

    def _begin(self, head: bytes) -> None:
        if not RIGHT.match(head):
            raise ConnectionError("no stream was answered")
        zero = ZERO.search(head)
        self.stream.begun, self.stream.zero_ns = True, int(zero[1]) if zero else None

    def _note_numbers(self, data: bytes) -> None:
        self._carried += data
        for number in NUMBER.finditer(self._carried):
            self.stream.last_event = int(number[1])
        self._carried = self._carried[-CARRIED_BYTES:]


def _family(address: Address) -> socket.AddressFamily:
    if address.socket:
        return socket.AF_UNIX
    return socket.AF_INET6 if ":" in address.host else socket.AF_INET
