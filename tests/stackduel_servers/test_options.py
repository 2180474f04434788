"""The settings in force: those of the registry, overridden by the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from stackduel_servers.core.variables import SettingsError
from stackduel_servers.options import Listen, Options, available_cpus, resolve, resolve_listen
from stackduel_servers.registry import StackEntry, load_registry

ENTRIES = load_registry().entries


def resolved(name: str, environ: Mapping[str, str] | None = None, *, has_uvloop: bool = True) -> Options:
    return resolve(ENTRIES[name], environ or {}, has_uvloop=has_uvloop)


def test_the_registry_decides_where_the_environment_is_silent() -> None:
    """Without variables, a stack runs as its entry says, on all usable CPUs."""
    options = resolved("flask-gunicorn")
    assert options == Options(Listen("127.0.0.1", 8002, 2048), float(available_cpus()), 4, 2, 1024, None)


def test_the_environment_overrides_the_registry() -> None:
    """Each setting that applies can be overridden."""
    environ = {"HOST": "0.0.0.0", "PORT": "9000", "BACKLOG": "10", "CPUS": "2", "WORKERS": "3", "THREADS": "5"}
    options = resolved("flask-gunicorn", {**environ, "CONNECTIONS": "77"})
    assert options == Options(Listen("0.0.0.0", 9000, 10), 2.0, 3, 5, 77, None)
    assert resolved("fastapi-uvicorn", {"LOOP": "asyncio"}).loop == "asyncio"


@pytest.mark.parametrize(("cpus", "workers"), [("1", 1), ("4", 4), ("0.5", 1), ("1.5", 2), ("2.0", 2)])
def test_one_worker_a_cpu_of_the_budget(cpus: str, workers: int) -> None:
    """A stack with one worker per CPU uses the whole budget, and never less than one worker."""
    assert resolved("fastapi-uvicorn", {"CPUS": cpus}).workers == workers


def test_an_entry_s_own_settings_stand_between() -> None:
    """An entry's ``settings`` replace its other fields, and the environment replaces both."""
    entry = replace(ENTRIES["fastapi-uvicorn"], settings={"LOOP": "asyncio", "BACKLOG": "4096"})
    options = resolve(entry, {"BACKLOG": "9", "LOOP": ""}, has_uvloop=True)
    assert (options.loop, options.listen.backlog) == ("asyncio", 9)
    with pytest.raises(SettingsError, match="THREADS must be left out"):
        resolve(replace(entry, settings={"THREADS": "8"}), {}, has_uvloop=True)


@pytest.mark.parametrize(("asked", "count"), [("1", 1), ("cpu", 4), ("2cpu+1", 9), (None, 4)])
def test_workers_can_follow_from_the_cpus(asked: str | None, count: int) -> None:
    """A number of workers is one, or follows from the budget, whatever the entry says."""
    assert resolved("fastapi-uvicorn", {"CPUS": "3.5", **({"WORKERS": asked} if asked else {})}).workers == count
    with pytest.raises(SettingsError, match=r"WORKERS must be an integer .*, not '2x' \(or cpu, or 2cpu\+1\)"):
        resolved("fastapi-uvicorn", {"WORKERS": "2x"})


def test_recycling_has_a_jitter_of_a_tenth() -> None:
    """Workers that are replaced do not all end at once, unless the jitter says so; 0 requests are no end at all."""
    for environ, expected in (
        ({}, (None, 0)),
        ({"MAX_REQUESTS": "0"}, (None, 0)),
        ({"MAX_REQUESTS": "10000"}, (10_000, 1000)),
        ({"MAX_REQUESTS": "10000", "MAX_REQUESTS_JITTER": "0"}, (10_000, 0)),
    ):
        options = resolved("fastapi-uvicorn", environ)
        assert (options.max_requests, options.max_requests_jitter) == expected


def test_an_empty_variable_is_not_given() -> None:
    """A variable that a compose file leaves empty changes nothing."""
    empty = {"WORKERS": "", "THREADS": "", "LOOP": "", "PORT": "", "HOST": "", "CPUS": ""}
    assert resolved("flask-gunicorn", empty) == resolved("flask-gunicorn")


def test_without_uvloop_asyncio_stands_in() -> None:
    """Without uvloop, as on Windows, the loop is asyncio's, and the settings say so."""
    assert resolved("fastapi-uvicorn").loop == "uvloop"
    assert resolved("fastapi-uvicorn", has_uvloop=False).loop == "asyncio"
    assert resolved("flask-gunicorn", has_uvloop=False).loop is None


@pytest.mark.parametrize(
    ("name", "variable", "value", "message"),
    [
        ("flask-gunicorn", "WORKERS", "0", "WORKERS must be an integer from 1 to 256, not '0'"),
        ("flask-gunicorn", "WORKERS", "four", "WORKERS must be an integer from 1 to 256, not 'four'"),
        ("flask-gunicorn", "WORKERS", "-1", "WORKERS must be an integer"),
        ("flask-gunicorn", "WORKERS", "\u0664", "WORKERS must be an integer"),
        ("flask-gunicorn", "WORKERS", "1e2", "WORKERS must be an integer"),
        ("flask-gunicorn", "THREADS", "1025", "THREADS must be an integer from 1 to 1024, not '1025'"),
        ("flask-gunicorn", "CONNECTIONS", "99999", "CONNECTIONS must be an integer from 1 to 65535"),
        ("flask-gunicorn", "PORT", "65536", "PORT must be an integer from 1 to 65535, not '65536'"),
        ("flask-gunicorn", "BACKLOG", "x", "BACKLOG must be an integer from 1 to 65535"),
        ("flask-gunicorn", "CPUS", "0", "CPUS must be a number from 0.01 to 1024"),
        ("flask-gunicorn", "CPUS", "nan", "CPUS must be a number from 0.01 to 1024"),
        ("fastapi-uvicorn", "LOOP", "trio", "LOOP must be one of uvloop, asyncio, not 'trio'"),
        ("flask-gunicorn", "LOOP", "uvloop", "LOOP must be left out: flask-gunicorn has no such setting"),
        ("fastapi-uvicorn", "THREADS", "8", "THREADS must be left out: fastapi-uvicorn has no such setting"),
        ("fastapi-uvicorn", "CONNECTIONS", "8", "CONNECTIONS must be left out: fastapi-uvicorn"),
        ("flask-waitress", "WORKERS", "2", "WORKERS must be left out: flask-waitress has no such setting"),
        ("flask-gunicorn", "CONNECTIONS", "2", "CONNECTIONS must be more than THREADS"),
        (
            "flask-gunicorn",
            "INFERENCE",
            "threads",
            "INFERENCE must be one of inline, executor, batched for flask-gunicorn",
        ),
        ("fastapi-uvicorn", "INFERENCE", "gpu", "INFERENCE must be one of inline, threads, executor, batched, triton"),
        ("fastapi-uvicorn", "INFERENCE", "triton", "INFERENCE must be one of inline, threads, executor, batched for"),
        (
            "fastapi-threadpool",
            "INFERENCE",
            "threads",
            "INFERENCE must be one of inline, executor, batched for fastapi-",
        ),
        ("flask-gevent", "INFERENCE", "executor", "INFERENCE must be one of inline for flask-gevent, not 'executor'"),
        ("flask-gunicorn", "POOL", "2", "POOL must be left out: it has no effect where inference is inline"),
        (
            "fastapi-uvicorn",
            "QUEUE_SIZE",
            "2",
            "QUEUE_SIZE must be left out: it has no effect where inference is threads",
        ),
        (
            "fastapi-uvicorn-executor",
            "BATCH_SIZE",
            "2",
            "BATCH_SIZE must be left out: it has no effect where inference is",
        ),
        ("fastapi-uvicorn-executor", "BATCH_DELAY_MS", "2", "BATCH_DELAY_MS must be left out: it has no effect where"),
        ("flask-gunicorn", "INFERENCE_TIMEOUT_S", "2", "INFERENCE_TIMEOUT_S must be left out: it has no effect where"),
        (
            "fastapi-uvicorn",
            "TRITON_URL",
            "http://a:1",
            "TRITON_URL must be left out: it has no effect where inference is",
        ),
        ("fastapi-uvicorn-batched", "POOL", "0", "POOL must be an integer from 1 to 256, not '0'"),
        ("fastapi-uvicorn-batched", "BATCH_SIZE", "2000", "BATCH_SIZE must be an integer from 1 to 1024, not '2000'"),
        ("fastapi-uvicorn-batched", "BATCH_DELAY_MS", "-1", "BATCH_DELAY_MS must be a number from 0 to 1000, not '-1'"),
        ("fastapi-uvicorn-batched", "QUEUE_SIZE", "0", "QUEUE_SIZE must be an integer from 1 to 100000, not '0'"),
    ],
)
def test_what_cannot_be_is_named(name: str, variable: str, value: str, message: str) -> None:
    """A value out of bounds, or without effect, is an error that names the variable and its bounds."""
    with pytest.raises(SettingsError) as error:
        resolved(name, {variable: value})
    assert message in str(error.value)


def test_uvloop_asked_for_but_not_installed_is_an_error() -> None:
    """A user who requests uvloop must not silently get another loop."""
    with pytest.raises(SettingsError, match="LOOP must be asyncio: uvloop is not installed"):
        resolved("fastapi-uvicorn", {"LOOP": "uvloop"}, has_uvloop=False)


def test_a_pool_has_the_cpus_of_the_budget() -> None:
    """Our own threads are as many as the CPUs; only they have a queue, and only batches have a size."""
    executor, batched = (resolved(f"fastapi-uvicorn-{kind}", {"CPUS": "3.5"}) for kind in ("executor", "batched"))
    assert (executor.workers, executor.pool, executor.queue_size, executor.batch_size) == (1, 4, 512, None)
    assert (batched.workers, batched.pool, batched.batch_size, batched.batch_delay_ms) == (1, 4, 4, 0.0)
    threads = resolved("fastapi-uvicorn")
    assert (threads.inference, threads.pool, threads.queue_size) == ("threads", None, None)


def test_inference_can_be_overridden() -> None:
    """``INFERENCE`` moves a stack's models elsewhere, with all settings that belong to it."""
    environ = {"INFERENCE": "batched", "POOL": "3", "BATCH_SIZE": "16", "BATCH_DELAY_MS": "2.5", "QUEUE_SIZE": "9"}
    options = resolved("flask-gunicorn", {**environ, "INFERENCE_TIMEOUT_S": "1"})
    assert (options.inference, options.pool, options.batch_size) == ("batched", 3, 16)
    assert (options.batch_delay_ms, options.queue_size) == (2.5, 9)
    assert resolved("fastapi-uvicorn", {"INFERENCE": "batched"}).batch_size == 4


@pytest.mark.parametrize(("host", "address"), [("127.0.0.1", "127.0.0.1:80"), ("::1", "[::1]:80")])
def test_addresses(host: str, address: str) -> None:
    """An IPv6 address is written in brackets."""
    assert resolve_listen(80, {"HOST": host}).address == address


def test_every_stack_can_be_resolved() -> None:
    """No entry contradicts the bounds of the overrides."""
    for entry in ENTRIES.values():
        assert isinstance(entry, StackEntry)
        assert resolve(entry, {"CPUS": "2"}, has_uvloop=True).workers >= 1
