"""The stacks of the registry."""

from __future__ import annotations

from stackduel.planning.registry import registered_stacks
from stackduel_servers.registry import load_registry


def test_registered_stacks_carry_their_settings() -> None:
    """A stack of the registry shows server, workers, threads and access log beside its figures."""
    facts = registered_stacks()["flask-gunicorn"].facts(1)
    assert (facts.server, facts.workers, facts.threads) == ("gunicorn", 4, 2)
    assert facts.access_log is False


def test_a_registered_stack_speaks_what_the_registry_says() -> None:
    """All stacks of the registry have the protocol of their entries."""
    assert {name: stack.protocol for name, stack in registered_stacks().items()} == {
        name: entry.protocol for name, entry in load_registry().entries.items()
    }
