"""A client that shares nothing with the load engine: it counts by itself what becomes of its requests."""

from __future__ import annotations

import http.client
import threading
from collections import Counter
from contextlib import closing
from typing import Literal

from stackduel.model.target import Address

PATIENCE_S = 20.0

End = Literal["answered", "lost", "other"]


class Witness:
    """So many users of an address, each with its next request after the last, until a connection is refused.

    With ``most`` each of them sends no more than so many. A user never sends a request again.
    """

    def __init__(self, address: Address, path: str, users: int, most: int | None = None) -> None:
        self._address = address
        self._path = path
        self._most = most
        self.counts: Counter[str] = Counter()
        self._turn = threading.Lock()
        self._begun = threading.Semaphore(0)
        self._threads = [threading.Thread(target=self._use) for _ in range(users)]

    def begin(self) -> None:
        """Start all users, and return when each of them has sent its first request."""
        for thread in self._threads:
            thread.start()
        for _ in self._threads:
            assert self._begun.acquire(timeout=PATIENCE_S), "a user of the witness has sent nothing"

    def result(self) -> Counter[str]:
        """Return the counts once all users have ended."""
        for thread in self._threads:
            thread.join()
        return self.counts

    def _use(self) -> None:
        with closing(http.client.HTTPConnection(self._address.host, self._address.port, timeout=PATIENCE_S)) as user:
            sent = 0
            while self._most is None or sent < self._most:
                if user.sock is None:
                    try:
                        user.connect()
                    except OSError:  # refused, or reset before anything could be sent
                        self._count("refused")
                        return
                sent += 1
                self._count(self._ask(user))

    def _ask(self, user: http.client.HTTPConnection) -> End:
        try:
            user.request("GET", self._path)
            self._begun.release()
            answer = user.getresponse()
            answer.read()
        except (http.client.HTTPException, OSError):
            user.close()
            return "lost"
        return "answered" if answer.status == 200 else "other"

    def _count(self, end: str) -> None:
        with self._turn:
            self.counts[end] += 1
