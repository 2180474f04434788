"""The Docker SDK's client with an end to every call: an engine that is frozen holds nobody up for long."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, NamedTuple, TypeVar, cast

import requests
from docker import APIClient, DockerClient

# A busy engine creates a container within seconds. A run whose engine freezes ends within 30 s: it waits so long
# once, and then only for a moment in each call with which it tidies up.
ANSWER_WITHIN_S = 18
TRY_AGAIN_S = 0.5
# How long a build or a pull may be silent until the engine is asked whether it is still there.
SILENCE_S = 3.0

Told = TypeVar("Told")


class FrozenEngineError(requests.exceptions.ReadTimeout):
    """The engine took a call and did not answer it."""

    explanation = f"the Docker engine does not answer (waited {ANSWER_WITHIN_S:g} s)"


# Engines that did not answer the latest call, which every client of this process should know.
_FROZEN: set[str] = set()


class BoundedApi(APIClient):
    """Waits for each answer for a bounded time, and after one that never came only for a moment."""

    def __init__(self, base_url: str | None = None, **options: Any) -> None:
        self._engine_url = base_url or ""
        super().__init__(base_url, **options)

    @property
    def frozen(self) -> bool:
        """Whether the engine did not answer the latest call."""
        return self._engine_url in _FROZEN

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """Send a request; raises FrozenEngineError when no answer begins in time."""
        # A build and a pull have no timeout: they are silent for minutes (``heard``).
        if self.frozen and options.get("timeout") is not None:
            options["timeout"] = TRY_AGAIN_S
        try:
            response = super().send(request, **options)
        except requests.exceptions.Timeout as error:
            _FROZEN.add(self._engine_url)
            raise FrozenEngineError(str(error)) from error
        _FROZEN.discard(self._engine_url)
        return response


class BoundedClient(DockerClient):
    """The SDK's client over a ``BoundedApi``."""

    def __init__(self, *positional: Any, **options: Any) -> None:
        self.api = BoundedApi(*positional, **options)

    @classmethod
    def of_environment(cls) -> BoundedClient:
        """Return a client for the engine of DOCKER_HOST, or of the current Docker context."""
        return cast("BoundedClient", cls.from_env(timeout=ANSWER_WITHIN_S))


def is_frozen(client: DockerClient) -> bool:
    """Return whether the engine did not answer the latest call."""
    return isinstance(client.api, BoundedApi) and client.api.frozen


class _Heard(NamedTuple):
    """An item of a stream, or its end, with the error that it ended by."""

    item: Any = None
    ended: bool = False
    error: BaseException | None = None


def heard(client: DockerClient, events: Callable[[], Iterable[Told]]) -> Iterator[Told]:
    """Yield what a build or a pull tells, however long it is silent, as long as the engine answers beside it.

    Raises what ``events`` raises, and FrozenEngineError.
    """
    queue: SimpleQueue[_Heard] = SimpleQueue()
    Thread(target=_hand_on, args=(events, queue), daemon=True).start()
    while True:
        try:
            latest = queue.get(timeout=SILENCE_S)
        except Empty:
            client.ping()
            continue
        if latest.error is not None:
            raise latest.error
        if latest.ended:
            return
        yield latest.item


def _hand_on(events: Callable[[], Iterable[Told]], queue: SimpleQueue[_Heard]) -> None:
    try:
        for event in events():
            queue.put(_Heard(event))
    except BaseException as error:  # noqa: BLE001 - the other thread raises it
        queue.put(_Heard(error=error))
    else:
        queue.put(_Heard(ended=True))
