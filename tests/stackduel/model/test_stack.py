"""The stacks of the registry."""

from __future__ import annotations

import pytest

from stackduel.model.errors import FieldError
from stackduel.model.stack import Image, Stack, StackSource, Url
from stackduel.model.target import Address
from stackduel.planning.registry import registered_stacks, variant_of
from stackduel_servers.registry import load_registry


def test_registered_stacks_carry_their_settings() -> None:
    """A stack of the registry shows server, workers, threads and access log beside its figures."""
    facts = registered_stacks()["flask-gunicorn"].facts(1)
    assert (facts.server, facts.workers, facts.threads) == ("gunicorn", 4, 2)
    assert facts.access_log is False


def test_a_variant_shows_the_settings_that_it_runs_with() -> None:
    """Variables that replace the registry's are among the facts, and change the numbers that they are about."""
    stack = registered_stacks()["flask-gthread"]
    assert stack.facts(2).settings is None
    facts = variant_of(stack, "other", {"WORKERS": "3", "THREADS": "9", "BACKLOG": "4096"}).facts(2)
    assert (facts.workers, facts.worker_count, facts.threads) == (3, 3, 9)
    assert facts.settings == {"WORKERS": "3", "THREADS": "9", "BACKLOG": "4096"}


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"THREADS": "8"}, "other: THREADS must be left out: fastapi-uvicorn has no such setting"),
        ({"LOOP": "trio"}, "other: LOOP must be one of uvloop, asyncio, not 'trio'"),
        ({"SPEED": "9"}, "other: SPEED is unknown"),
    ],
)
def test_a_variant_with_a_bad_setting_is_refused(settings: dict[str, str], sentence: str) -> None:
    """A setting that is unknown, out of bounds or without effect is an error before anything starts."""
    with pytest.raises(FieldError, match=sentence):
        variant_of(registered_stacks()["fastapi-uvicorn"], "other", settings)


def test_a_registered_stack_speaks_what_the_registry_says() -> None:
    """All stacks of the registry have the protocol of their entries."""
    assert {name: stack.protocol for name, stack in registered_stacks().items()} == {
        name: entry.protocol for name, entry in load_registry().entries.items()
    }


SHOP = Url(Address("shop.example", 8080))


@pytest.mark.parametrize(
    ("source", "host", "header"),
    [
        (Image("shop:2", 8000, {}), None, "localhost"),
        (Image("shop:2", 8000, {}), "shop.example", "shop.example"),
        (SHOP, None, "shop.example:8080"),
        (SHOP, "other.example", "other.example"),
    ],
)
def test_every_stack_is_called_by_one_name(source: StackSource, host: str | None, header: str) -> None:
    """A server of ours is localhost on any port, one elsewhere has the name of its URL, and ``host`` overrides."""
    stack = Stack("s", "rewrite", "", source, host=host)
    address = source.address if isinstance(source, Url) else Address("127.0.0.1", 41234)
    assert Address(address.host, address.port, authority=stack.authority).host_header == header


@pytest.mark.parametrize(
    ("address", "header"),
    [
        (Address("shop.example", 80), "shop.example"),
        (Address("shop.example", 443, tls=True), "shop.example"),
        (Address("shop.example", 443), "shop.example:443"),
        (Address("::1", 8000), "[::1]:8000"),
    ],
)
def test_a_port_that_goes_without_saying_is_left_out(address: Address, header: str) -> None:
    """As browsers do."""
    assert address.host_header == header
