"""Waiting slots from command lines of servers that people start."""

from __future__ import annotations

import shlex

import pytest

from stackduel.model.command_lines import ServerSlots, shell_line, slots_of_command
from stackduel.planning.registry import registered_stacks, variant_of


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("gunicorn shop.wsgi --workers 4 --bind 127.0.0.1:{port}", ServerSlots(4, 4, 1)),
        ("gunicorn -w 4 --threads=8 shop.wsgi", ServerSlots(32, 4, 8)),
        ("gunicorn -w4 --threads 2 -k gthread shop.wsgi", ServerSlots(8, 4, 2)),
        ("gunicorn shop.wsgi", ServerSlots(1, 1, 1)),
        ("gunicorn -w 2 -k gevent shop.wsgi", ServerSlots(2000, 2)),
        ("gunicorn -w 2 -k gevent --worker-connections 50 shop.wsgi", ServerSlots(100, 2)),
        ("gunicorn -w 2 -k uvicorn.workers.UvicornWorker shop.asgi:app", ServerSlots(None, 2)),
        ("python -m gunicorn -w 3 shop.wsgi", ServerSlots(3, 3, 1)),
        ("/srv/shop/bin/gunicorn -w 3 shop.wsgi", ServerSlots(3, 3, 1)),
        ("uvicorn shop.asgi:app --port {port} --workers 2", ServerSlots(None, 2)),
        ("hypercorn -w 3 shop.asgi:app", ServerSlots(None, 3)),
        ("granian --interface asgi --workers 2 shop.asgi:app", ServerSlots(None, 2)),
        ("granian --interface wsgi --workers 2 --blocking-threads 16 shop.wsgi:app", ServerSlots(32, 2, 16)),
        ("daphne -p {port} shop.asgi:application", ServerSlots(None, 1)),
        ("python -m aiohttp.web -P {port} shop:make_app", ServerSlots(None, 1)),
        ("gunicorn -w 2 -k uvicorn_worker.UvicornWorker shop.asgi:app", ServerSlots(None, 2)),
        ("gunicorn -w 2 -k aiohttp.GunicornUVLoopWebWorker shop:app", ServerSlots(None, 2)),
        ("waitress-serve --threads=12 shop.wsgi:app", ServerSlots(12, 1, 12)),
        ("waitress-serve shop.wsgi:app", ServerSlots(4, 1, 4)),
    ],
)
def test_workers_and_threads_are_read(line: str, found: ServerSlots) -> None:
    """In every way in which an option can be written."""
    assert slots_of_command(shlex.split(line), {}) == found


@pytest.mark.parametrize(
    "line",
    [
        "gunicorn -c conf.py shop.wsgi",
        "gunicorn -k mine.Worker shop.wsgi",
        "gunicorn -w many shop.wsgi",
        "gunicorn -w 0 shop.wsgi",
        "granian --interface wsgi shop.wsgi:app",
        "hypercorn --config conf.toml shop:app",
        "python serve.py gunicorn",
        "flask run --port {port}",
    ],
)
def test_what_a_command_line_does_not_say_is_unknown(line: str) -> None:
    """A configuration file, another worker class, another server: nothing is supposed."""
    assert slots_of_command(shlex.split(line), {}) is None


def test_variables_that_servers_read_make_it_unknown() -> None:
    """They count as the command line does, and more workers than are supposed would make every figure wrong."""
    granian = ["granian", "--interface", "asgi", "shop.asgi:app"]
    assert slots_of_command(granian, {"GRANIAN_WORKERS": "8"}) is None
    assert slots_of_command(["gunicorn", "shop.wsgi"], {"WEB_CONCURRENCY": "8"}) is None


def test_a_line_has_the_settings_of_its_stack() -> None:
    """Settings that a server knows are options, those that the application reads are set before the command."""
    line = shell_line(registered_stacks()["fastapi-tuned"].facts(2)) or ""
    assert line.startswith("JSON_ENCODER=orjson DOWNSTREAM_CLIENT=pooled CONCURRENCY_LIMIT=512 TIMING=on ")
    assert "--http httptools --backlog 4096 --limit-max-requests 10000 --limit-max-requests-jitter 1000" in line
    variant = variant_of(
        registered_stacks()["flask-gunicorn"], "few", {"MAX_REQUESTS": "50", "MAX_REQUESTS_JITTER": "7"}
    )
    assert "--max-requests 50 --max-requests-jitter 7" in (shell_line(variant.facts(2)) or "")
