"""Calls to the IO backend that hold their thread (or greenlet), over pooled connections."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from urllib3 import HTTPConnectionPool, Timeout, connection_from_url
from urllib3.exceptions import HTTPError, NewConnectionError
from urllib3.exceptions import TimeoutError as Urllib3TimeoutError

from stackduel_servers.core import downstream
from stackduel_servers.core.settings import Settings
from stackduel_servers.core.timing import span

# Enough for two full fan-outs at once; threads are only started when there is work for them.
FAN_OUT_THREADS = 256


class BlockingDownstream:
    """The backend, called the way synchronous code is usually written: one call after another.

    Safe to share between threads and between greenlets; no connection is opened before the first call. Unless the
    settings pool, each call opens and closes a connection of its own.
    """

    def __init__(self, settings: Settings) -> None:
        self.allowance_s = settings.downstream_timeout_s
        self._url = settings.downstream_url
        self._pools = settings.pools_downstream
        self._pool = _opened(self._url)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close every pooled connection."""
        self._pool.close()

    def call(self, delay_s: float, concurrent: int) -> int:
        """Make ``concurrent`` calls of ``delay_s`` in turn and return how many succeeded; raises HttpError 502, 504."""
        with span("io"):
            for _ in range(concurrent):
                self._call_once(delay_s)
        return concurrent

    @contextmanager
    def pool(self) -> Iterator[HTTPConnectionPool]:
        """Enter the connections of one call: those that are kept, or one of the call's own."""
        if self._pools:
            yield self._pool
        else:
            with _opened(self._url) as own:
                yield own

    def _call_once(self, delay_s: float) -> None:
        if self._pools:
            self._call_over(self._pool, delay_s)
        else:
            with _opened(self._url) as own:
                self._call_over(own, delay_s)

    def _call_over(self, pool: HTTPConnectionPool, delay_s: float) -> None:
        timeout = Timeout(connect=self.allowance_s, read=delay_s + self.allowance_s)
        try:
            response = pool.urlopen("GET", downstream.target(delay_s), timeout=timeout, retries=False, redirect=False)
        except NewConnectionError as error:
            raise downstream.unreachable() from error
        except Urllib3TimeoutError as error:
            raise downstream.too_slow(self.allowance_s) from error
        except (HTTPError, OSError) as error:
            raise downstream.garbled() from error
        if response.status != 200:
            raise downstream.refused(response.status)


class FanOutDownstream(BlockingDownstream):
    """The backend, called all at once from a thread pool, as synchronous code can without leaving its framework."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._threads = ThreadPoolExecutor(FAN_OUT_THREADS, thread_name_prefix="fan-out")

    def close(self) -> None:
        """Let the calls in flight end, then close every pooled connection."""
        self._threads.shutdown(cancel_futures=True)
        super().close()

    def call(self, delay_s: float, concurrent: int) -> int:
        """Make ``concurrent`` calls of ``delay_s`` at once and return how many succeeded; raises HttpError 502, 504."""
        if concurrent == 1:  # the caller's own thread can do it: a second one would only cost time
            return super().call(delay_s, 1)
        with span("io"):
            calls = [self._threads.submit(self._call_once, delay_s) for _ in range(concurrent)]
            done, not_done = wait(calls, return_when=FIRST_EXCEPTION)
            for call in not_done:
                call.cancel()
            for call in done:
                call.result()
        return concurrent


def _opened(url: str) -> HTTPConnectionPool:
    return connection_from_url(url, maxsize=downstream.POOL_SIZE, block=False, retries=False)
