"""A Docker engine that freezes holds a run up once, and for a bounded time."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Iterator
from typing import BinaryIO

import pytest
from docker import DockerClient

from stackduel.containers import bounded_api, ownership
from stackduel.containers.bounded_api import ANSWER_WITHIN_S, TRY_AGAIN_S, heard, is_frozen
from stackduel.containers.engine import connect, explained, refuse_if_frozen
from stackduel.model.errors import LaunchError
from tests.stackduel.containers.frozen_engine import FakeEngine, fake_engine

CONTAINER = {"Id": "abc", "Name": "/it", "State": {"Running": True, "Status": "running"}, "Config": {}}


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeEngine]:
    """An engine that still answers, and clients that wait for it for a moment only."""
    monkeypatch.setattr(bounded_api, "ANSWER_WITHIN_S", 1)
    monkeypatch.setattr(bounded_api, "TRY_AGAIN_S", 0.1)
    monkeypatch.setattr(bounded_api, "SILENCE_S", 0.2)
    with fake_engine({"/containers/abc/json": CONTAINER, "/containers/json": [], "/info": {}}) as served:
        monkeypatch.setenv("DOCKER_HOST", served.url)
        yield served


@pytest.fixture
def client(engine: FakeEngine) -> Iterator[DockerClient]:
    made = connect()
    yield made
    made.close()


def test_the_first_call_waits_and_the_others_do_not(engine: FakeEngine, client: DockerClient) -> None:
    """Tidying up takes many calls, one after another: together they take little more than the first one alone."""
    container = client.containers.get("abc")
    engine.freeze()
    begun_s = time.monotonic()
    with pytest.raises(LaunchError, match="removing container it: the Docker engine does not answer"):
        ownership.discard(container)
    first_s = time.monotonic() - begun_s
    assert is_frozen(client)
    for _ in range(10):
        with pytest.raises(LaunchError, match="does not answer"):
            ownership.discard(container)
    assert 1 <= first_s < 4
    assert time.monotonic() - begun_s < first_s + 10 * 0.4 + 2


def test_every_client_of_the_process_knows(engine: FakeEngine, client: DockerClient) -> None:
    """A second connection to the same engine does not wait for it anew."""
    other = connect()
    engine.freeze()
    with pytest.raises(LaunchError), explained("asking"):
        client.info()
    begun_s = time.monotonic()
    with pytest.raises(LaunchError, match="asking: the Docker engine does not answer"), explained("asking"):
        other.info()
    assert time.monotonic() - begun_s < 0.9
    with pytest.raises(LaunchError, match="nothing can be started without the Docker engine"):
        refuse_if_frozen(other)
    other.close()


def test_an_engine_that_answers_again_is_used_again(engine: FakeEngine, client: DockerClient) -> None:
    """A container that was frozen for a while is no more than that."""
    engine.freeze()
    with pytest.raises(LaunchError), explained("asking"):
        client.info()
    engine.thaw()
    assert client.info() == {}
    assert not is_frozen(client)
    refuse_if_frozen(client)


def test_a_silent_build_goes_on_while_the_engine_answers(engine: FakeEngine, client: DockerClient) -> None:
    """A step may say nothing for longer than any call may take; when the engine freezes, the build ends."""
    events = heard(client, lambda: client.api.build(fileobj=_context(), custom_context=True, decode=True))
    assert next(events) == {"stream": "Step 1/2 : RUN sleep\n"}
    begun_s = time.monotonic()
    engine_freezes_after_s = 1.5
    calls = len(engine.calls)

    def froze() -> None:
        time.sleep(engine_freezes_after_s)
        engine.freeze()

    threading.Thread(target=froze, daemon=True).start()
    with pytest.raises(bounded_api.FrozenEngineError):
        next(events)
    assert engine_freezes_after_s < time.monotonic() - begun_s < engine_freezes_after_s + 5
    assert engine.calls[calls:].count("/_ping") >= 3


def test_errors_of_a_build_are_raised_where_it_is_read(client: DockerClient) -> None:
    """Whatever goes wrong in the thread that listens is told to who asked."""

    def failing() -> Iterator[int]:
        yield 1
        raise LaunchError("the build failed")

    events = heard(client, failing)
    assert next(events) == 1
    with pytest.raises(LaunchError, match="the build failed"):
        next(events)


def test_the_whole_run_ends_within_half_a_minute() -> None:
    """A first call that is waited for, and the dozen calls with which a run tidies up, fit into 30 s."""
    assert ANSWER_WITHIN_S + 12 * TRY_AGAIN_S <= 25


def _context() -> BinaryIO:
    return io.BytesIO(bytes(1024))
