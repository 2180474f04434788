"""Companions beside stacks: their addresses where they are asked for, and each stack's own where two run at once."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from stackduel.launch.own_companions import CompanionLauncher, with_addresses
from stackduel.launch.readiness import takes_connections
from stackduel.model.stack import Command, Image, OwnCompanion, Stack
from stackduel.model.target import Address, ProcessTree, Several, Subject

COMPANION = OwnCompanion("db", Image("postgres:17", 5432, {}))


@dataclass
class Server:
    """A running server, as far as a launcher looks at it."""

    name: str
    subject: ProcessTree
    address: Address
    inner_address: Address | None = None
    why: str | None = None

    def failure(self) -> str | None:
        return self.why

    def log_tail(self, lines: int = 20) -> str:
        return f"{self.name}: {lines}"


class Launcher:
    """Starts nothing, and remembers what it was given."""

    network = None
    downstream = ProcessTree(1)

    def __init__(self) -> None:
        self.given: list[Stack] = []

    @contextmanager
    def start(self, stack: Stack) -> Iterator[Server]:
        self.given.append(stack)
        yield Server(stack.name, ProcessTree(100), Address("127.0.0.1", 80))


def stack(name: str) -> Stack:
    source = Command(("serve", "{port}", "{db.host}:{db.port}"), {"DB": "{db.port}"}, Path())
    return Stack(name, "rewrite", "", source, companions=(COMPANION,), reset=Command(("seed", "{db.port}"), {}, Path()))


def test_addresses_are_filled_in_and_nothing_else() -> None:
    """In the command, its environment and the reset; inside a network it is the address there."""
    server = Server("db", ProcessTree(2), Address("127.0.0.1", 20_001), Address("172.17.0.2", 5432))
    found = with_addresses(stack("a"), [cast("Any", server)])
    assert found.source == Command(("serve", "{port}", "127.0.0.1:20001"), {"DB": "20001"}, Path())
    assert found.reset == Command(("seed", "20001"), {}, Path())
    inside = with_addresses(stack("a"), [cast("Any", server)], inside=True).source
    assert isinstance(inside, Command)
    assert inside.argv[2] == "172.17.0.2:5432"


def test_two_stacks_at_once_have_their_own() -> None:
    """All that run are observed with the downstream; a lost one is the loss of its stack alone."""
    started: list[Server] = []

    @contextmanager
    def start(companion: OwnCompanion) -> Iterator[Any]:
        number = 10 + len(started)
        started.append(Server(companion.name, ProcessTree(number), Address("127.0.0.1", number)))
        yield started[-1]

    def observed() -> Subject | None:
        return launcher.downstream

    base = Launcher()
    launcher = CompanionLauncher(cast("Any", base), start)
    with launcher.start(stack("a")) as one:
        with launcher.start(stack("b")) as other:
            assert observed() == Several((ProcessTree(1), ProcessTree(10), ProcessTree(11)))
            started[1].why = "it ended"
            assert one.lost_companion() is None
            lost = other.lost_companion()
            assert lost is not None
            assert (lost.sentence, lost.shared) == ("the companion db has failed: it ended", False)
            assert other.failure() == lost.sentence
        assert observed() == Several((ProcessTree(1), ProcessTree(10)))
    assert observed() == ProcessTree(1)
    ports = [cast("Command", each.source).env["DB"] for each in base.given]
    assert ports == ["10", "11"]


def test_a_connection_that_is_closed_at_once_is_nobody_s() -> None:
    """As a published port does while nothing listens in its container."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = Address("127.0.0.1", listener.getsockname()[1])
        # The system takes the connection; nobody closes it.
        assert takes_connections(address)
        listener.accept()[0].close()

        def close_the_next() -> None:
            listener.accept()[0].close()

        closing = threading.Thread(target=close_the_next)
        closing.start()
        assert not takes_connections(address)
        closing.join()
    assert not takes_connections(address)
