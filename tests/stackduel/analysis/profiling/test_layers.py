"""The layer of a function, by its file."""

from __future__ import annotations

import pytest

from stackduel.analysis.profiling.layers import layer_of, layer_of_frame, short_file, waits
from stackduel.model.profile_samples import Frame

SITE = "/venv/lib/python3.11/site-packages"
STANDARD = "/usr/lib/python3.12"


@pytest.mark.parametrize(
    ("file", "layer"),
    [
        (f"{SITE}/uvicorn/server.py", "server"),
        (f"{SITE}/gunicorn/util.py", "server"),
        (f"{SITE}/starlette/routing.py", "framework"),
        (f"{SITE}/rest_framework/views.py", "framework"),
        (f"{SITE}/aiohttp/web_protocol.py", "framework"),
        (f"{SITE}/aiohttp/client.py", "downstream"),
        (f"{SITE}/onnxruntime/capi/session.py", "model"),
        (f"{SITE}/simplejson/encoder.py", "JSON"),
        (f"{SITE}/music21/stream.py", None),
        (f"{STANDARD}/json/encoder.py", "JSON"),
        (f"{STANDARD}/asyncio/runners.py", None),
        ("C:\\Python312\\Lib\\json\\encoder.py", "JSON"),
        ("C:\\venv\\Lib\\site-packages\\flask\\app.py", "framework"),
        ("/srv/stackduel_servers/core/json_encoder.py", "JSON"),
        ("/srv/stackduel_servers/core/downstream.py", "downstream"),
        ("/srv/stackduel_servers/core/inference/batcher.py", "model"),
        ("/srv/stackduel_servers/core/answers.py", "application"),
        ("/srv/stackduel_servers/apps/flask_app.py", "application"),
        ("/srv/stackduel_servers/serve.py", "server"),
        ("/home/me/shop/views.py", "application"),
        ("/venv/bin/gunicorn", None),
        ("<frozen runpy>", None),
        ("", None),
    ],
)
def test_the_file_tells_the_layer(file: str, layer: str | None) -> None:
    """Packages are known by name, the user's own files are the application's, and the rest is its caller's."""
    assert layer_of_frame(Frame("f", file, 1)) == layer


def test_a_library_works_for_its_caller() -> None:
    """Whatever no layer names counts for the innermost function that one names."""
    server, app = Frame("run", f"{SITE}/uvicorn/server.py", 1), Frame("home", "/me/app.py", 3)
    library, standard = Frame("parse", f"{SITE}/music21/x.py", 9), Frame("sub", f"{STANDARD}/re/__init__.py", 180)
    assert layer_of((server, app, library, standard)) == "application"
    assert layer_of((server, standard)) == "server"
    assert layer_of((standard,)) == "other"


@pytest.mark.parametrize(
    ("name", "file", "is_waiting"),
    [
        ("EpollSelector.select", f"{STANDARD}/selectors.py", True),
        ("_worker", f"{STANDARD}/concurrent/futures/thread.py", True),
        ("Condition.wait", f"{STANDARD}/threading.py", True),
        ("EpollSelector.register", f"{STANDARD}/selectors.py", False),
        ("wait", "/me/threading.py", False),
        ("wait", f"{SITE}/threading.py", False),
        ("Arbiter.wait_for_signals", f"{SITE}/gunicorn/arbiter.py", True),
    ],
)
def test_what_only_waits_is_known(name: str, file: str, is_waiting: bool) -> None:
    """Only functions of the standard library and of servers are, whatever others are called."""
    assert waits(Frame(name, file, 1)) is is_waiting


@pytest.mark.parametrize(
    ("file", "shown"),
    [
        (f"{SITE}/uvicorn/server.py", "uvicorn/server.py"),
        (f"{STANDARD}/json/encoder.py", "json/encoder.py"),
        ("/home/me/work/shop/views.py", "shop/views.py"),
        ("/x/servers/stackduel_servers/core/a.py", "stackduel_servers/core/a.py"),
        ("app.py", "app.py"),
    ],
)
def test_a_file_is_shown_from_its_package_on(file: str, shown: str) -> None:
    """No home folder of anybody's stands in a report."""
    assert short_file(file) == shown
