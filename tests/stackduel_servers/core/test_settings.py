"""A service's settings from its environment."""

from __future__ import annotations

import pytest

from stackduel_servers.core.settings import Settings, read_settings
from stackduel_servers.core.variables import SettingsError


def test_defaults() -> None:
    """Without variables the downstream is the local one, and the stack is unknown."""
    assert read_settings({}) == Settings("http://127.0.0.1:8009", 5.0)


def test_everything_given() -> None:
    """Every variable reaches its field."""
    environ = {
        "DOWNSTREAM_URL": "http://downstream:8009/",
        "DOWNSTREAM_TIMEOUT_S": "0.25",
        "STACKDUEL_STACK": "x",
        "STACKDUEL_FRAMEWORK": "flask",
        "STACKDUEL_SERVER": "gunicorn",
        "STACKDUEL_WORKERS": "4",
        "STACKDUEL_THREADS": "2",
        "STACKDUEL_LOOP": "uvloop",
        "STACKDUEL_CPUS": "1.5",
        "STACKDUEL_INFERENCE": "batched",
        "STACKDUEL_POOL": "2",
        "STACKDUEL_BATCH_SIZE": "4",
        "STACKDUEL_BATCH_DELAY_MS": "2.500000000",
        "STACKDUEL_QUEUE_SIZE": "99",
        "INFERENCE_TIMEOUT_S": "7",
        "TRITON_URL": "http://triton:8000",
        "STACKDUEL_DEVICE": "cuda",
        "STACKDUEL_DEVICE_NOTE": "A note.",
    }
    assert read_settings(environ) == Settings(
        *("http://downstream:8009", 0.25, "x", "flask", "gunicorn", 4, 2, "uvloop", 1.5),
        *("batched", 2, 4, 2.5, 99, 7.0, "http://triton:8000", "cuda", "A note."),
    )


@pytest.mark.parametrize(
    "url",
    [
        "x",
        "https://a:1",
        "http://a",
        "http://a:b",
        "http://a:99999",
        "http://:1",
        "http://u@a:1",
        "http://a:1/x",
        "http://a:1?x",
    ],
)
def test_a_downstream_url_is_a_host_and_a_port(url: str) -> None:
    """Anything except http://HOST:PORT is an error that names the variable."""
    with pytest.raises(SettingsError, match="DOWNSTREAM_URL must be http://HOST:PORT and nothing more"):
        read_settings({"DOWNSTREAM_URL": url})


def test_a_timeout_has_bounds() -> None:
    """The allowance beyond a call's delay must be above zero."""
    with pytest.raises(SettingsError, match=r"DOWNSTREAM_TIMEOUT_S must be a number from 0\.01 to 3600"):
        read_settings({"DOWNSTREAM_TIMEOUT_S": "0"})


def test_the_pool_is_shared_out_over_the_workers_and_the_url_is_not_shown() -> None:
    """So stacks with more workers have no more connections; each worker has one at least."""
    url = "postgresql://ann:hidden@db:5432/shop"
    read = read_settings({"DATABASE_URL": url, "DATABASE_POOL": "10", "STACKDUEL_WORKERS": "4"})
    assert (read.database_url, read.pool_of_worker) == (url, 2)
    assert "hidden" not in repr(read)
    assert read_settings({"DATABASE_POOL": "2", "STACKDUEL_WORKERS": "4"}).pool_of_worker == 1
    assert read_settings({}).pool_of_worker == 16


@pytest.mark.parametrize(
    ("name", "value"), [("DATABASE_POOL", "0"), ("DATABASE_POOL", "1001"), ("DATABASE_TIMEOUT_S", "0")]
)
def test_a_pool_out_of_its_bounds_is_refused(name: str, value: str) -> None:
    """With the variable's name."""
    with pytest.raises(SettingsError, match=f"{name} must be"):
        read_settings({name: value})
