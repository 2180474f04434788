"""What all tests share: small real servers, and nothing left behind."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import HealthCheck, settings

from stackduel.model.target import Address

# A shell that starts its jobs in the background has them ignore Ctrl-C, and what ignores it passes that on. The tests
# that interrupt a run need it to arrive, however the tests themselves were started.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes on a busy machine says nothing about what it proves.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")

# What measures time, or needs an engine, a browser or all stacks to itself: folders and files of tests/.
# scripts/test.sh runs the others first, two at a time and with coverage; then these, one at a time and without.
ALONE = (
    "browser",
    "contract/test_cases.py",
    "contract/test_connections.py",
    "contract/test_downstream_failures.py",
    "contract/test_inference.py",
    "contract/test_lifecycle.py",
    "contract/test_stopping.py",
    "contract/test_uploads.py",
    "docker",
    "performance",
    "triton",
    "truth",
    "stackduel/load/test_engine.py",
    "stackduel/load/drivers/test_first_byte.py",
    "stackduel/load/shards/test_freeze.py",
    "stackduel/load/drivers/test_lost_connections.py",
    "stackduel/load/drivers/test_open_loop.py",
    "stackduel/load/shards/test_stability.py",
    "stackduel/load/shards/test_worker.py",
    "stackduel/observe",
    "stackduel/runner/test_interruption.py",
    "stackduel_servers/core/inference/test_memory.py",
)
TESTS = Path(__file__).parent

# Tests run beside each other and beside whatever else a machine does: no trial of theirs is void for that.
ANY_HOST = ("--gate", "foreign_cpu=1", "--gate", "steal=1", "--gate", "generator_cpu=10")

Answer = Callable[[BaseHTTPRequestHandler], tuple[int, bytes]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what has to run alone."""
    alone = [TESTS / name for name in ALONE]
    for item in items:
        if any(item.path.is_relative_to(path) for path in alone):
            item.add_marker(pytest.mark.alone)


def unavailable(what: str, reason: str) -> NoReturn:
    """Skip, or fail where the environment requires what is missing."""
    if what in os.environ.get("STACKDUEL_REQUIRE", "").split(","):
        pytest.fail(f"{what} is required: {reason}")
    pytest.skip(reason)


@contextmanager
def serving(answer: Answer) -> Iterator[Address]:
    """A server on a free port of 127.0.0.1 that answers every request as ``answer`` says."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            self.body = self.rfile.read(length)
            status, body = answer(self)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = handle_any

        def log_message(self, *_args: object) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield Address("127.0.0.1", server.server_port)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def serve() -> Callable[..., object]:
    """Serves scripted answers: ``with serve(lambda request: (200, b"body")) as address``."""
    return serving
