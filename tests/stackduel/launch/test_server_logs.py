"""Servers' logs tell where they listen, and why they do not."""

from __future__ import annotations

import pytest

from stackduel.launch.server_logs import failing_import, ports_in, telling_line, wrong_interface


@pytest.mark.parametrize(
    ("line", "port"),
    [
        ("[2026-11-28 22:30:11 +0000] [7] [INFO] Listening at: http://127.0.0.1:8000 (7)", 8000),
        ("INFO:     Uvicorn running on http://127.0.0.1:8001 (Press CTRL+C to quit)", 8001),
        ("[2026-11-28 22:30:11 +0000] [7] [INFO] Running on http://127.0.0.1:8002 (CTRL + C to quit)", 8002),
        (" * Running on http://127.0.0.1:5000", 5000),
        ("INFO:waitress:Serving on http://0.0.0.0:8080", 8080),
        ("Serving HTTP on 0.0.0.0 port 8003 (http://0.0.0.0:8003/) ...", 8003),
        ("Starting development server at http://localhost:8004/", 8004),
        ("Server listening on port 3000", 3000),
        ("Tomcat started on port(s): 8080 (http)", 8080),
        ("[GIN-debug] Listening and serving HTTP on :8085", 8085),
        ("12:30:45 INFO listening on [::]:9000", 9000),
    ],
)
def test_the_port_is_read_from_what_servers_say(line: str, port: int) -> None:
    """As Gunicorn, Uvicorn, Hypercorn, Flask, waitress, Django, Node, Tomcat and Go say it; no time of day is one."""
    assert ports_in(f"starting up\n{line}\n") == [port]


def test_other_lines_name_no_port() -> None:
    """A peer, a time or a version is no address that a server listens on."""
    assert ports_in("12:30:45 connected to 10.0.0.1:5432\nstarted at 12:30:45\nversion 3:11\n") == []


def test_a_worker_that_is_started_in_vain_is_seen() -> None:
    """The third time that the same import fails; what fails once may be an optional package."""
    error = "ModuleNotFoundError: No module named 'shop'"
    trace = f'Process SpawnProcess-1:\nTraceback (most recent call last):\n  File "a.py", line 1\n{error}\n'
    assert failing_import(trace) is None
    assert failing_import(trace * 2) is None
    assert failing_import(trace * 3) == error
    told = 'ERROR:    Error loading ASGI app. Could not import module "shop".\n'
    assert failing_import(told * 3) == told.strip()
    assert failing_import("ConnectionError: the database is not up yet\n" * 9) is None


TRACEBACK = "Traceback (most recent call last):\n  File 'a.py', line 1\n    import shop\n"
BOOT = (
    "[7] [INFO] Worker exiting (pid: 9)\n[7] [ERROR] Worker (pid:9) exited with code 4.\n"
    "[7] [ERROR] Shutting down: Master\n[7] [ERROR] Reason: App failed to load.\n"
)


@pytest.mark.parametrize(
    ("log", "told"),
    [
        (
            f"{TRACEBACK}ModuleNotFoundError: No module named 'shop'\n{BOOT}",
            "ModuleNotFoundError: No module named 'shop'",
        ),
        (f"Failed to find attribute 'ap' in 'shop'.\n{BOOT}", "Failed to find attribute 'ap' in 'shop'."),
        (BOOT, "[7] [ERROR] Reason: App failed to load."),
        (
            f"{TRACEBACK}django.core.exceptions.ImproperlyConfigured: SECRET_KEY must not be empty.\n{BOOT}",
            "django.core.exceptions.ImproperlyConfigured: SECRET_KEY must not be empty.",
        ),
        (f"{TRACEBACK}shop.NoDatabase\nbye\n", "shop.NoDatabase"),
        (f"{TRACEBACK}KeyError: 'DATABASE_URL'\n", "KeyError: 'DATABASE_URL'"),
        (
            'ERROR:    Error loading ASGI app. Could not import module "shop".\nbye\n',
            'ERROR:    Error loading ASGI app. Could not import module "shop".',
        ),
        ("starting\nready\n", None),
        ("", None),
    ],
)
def test_the_telling_line_is_the_cause_not_what_follows(log: str, told: str | None) -> None:
    """An exception before a complaint, a complaint before its consequences, and no ordinary line."""
    assert telling_line(log) == told


@pytest.mark.parametrize(
    ("error", "option"),
    [
        ("TypeError: Flask.__call__() missing 1 required positional argument: 'start_response'", "--interface wsgi"),
        ("TypeError: AsgiLifespan.__call__() missing 1 required positional argument: 'send'", "--interface asgi"),
        ("AttributeError: 'granian._granian.RSGIHTTPScope' object has no attribute 'get'", "--interface wsgi or asgi"),
    ],
)
def test_an_application_that_is_called_by_another_interface_is_seen(error: str, option: str) -> None:
    """As Uvicorn, Gunicorn and Granian call what they were not meant for; any other TypeError is the application's."""
    told = wrong_interface(f"Traceback (most recent call last):\n{error}\n")
    assert told is not None
    assert option in told
    assert wrong_interface("TypeError: search() missing 1 required positional argument: 'query'") is None
