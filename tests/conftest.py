"""Fixtures of all tests: small real servers, and nothing left behind."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import HealthCheck, settings

from stackduel.model.target import Address
from stackduel.planning.nginx_lookup import INSTALL_NGINX, nginx_program
from stackduel.storage import learned_secrets

# A shell that starts its jobs in the background has them ignore Ctrl-C, and what ignores it passes that on. The tests
# that interrupt a run need it to arrive, however the tests themselves were started.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes on a busy machine says nothing about what it proves.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")

# Folders and files of tests/, by the group that scripts/test.sh runs them in. First come all others ("covered"), three
# at a time. Then come those that need the engine to themselves ("engine"), and after these those that need a Triton or
# the signals of a whole run to themselves ("apart"); beside both those that gain nothing from coverage: pages in a
# browser, every stack there is, thousands of simulated runs. Then come those that measure time or memory ("measured"),
# three at a time, as they mostly wait for their windows, and last those whose loads fill the cores ("alone"): all
# without coverage, which makes each child slower and larger.
ENGINE = ("docker",)
APART = (
    "stackduel/runner/test_interruption.py",
    "stackduel/runner/test_profile.py",
    "triton",
)
UNCOVERED = (
    "browser",
    "contract/test_adding_a_stack.py",
    "contract/test_cases.py",
    "contract/test_connections.py",
    "contract/test_downstream_failures.py",
    "contract/test_inference.py",
    "contract/test_lifecycle.py",
    "contract/test_limits.py",
    "contract/test_metrics.py",
    "contract/test_stopping.py",
    "contract/test_streams.py",
    "contract/test_switch_sizes.py",
    "contract/test_switches.py",
    "contract/test_uploads.py",
    "contract/test_websocket_stopping.py",
    "monitoring/test_scrapes.py",
    "truth/test_advice.py",
    "truth/test_screening.py",
    "truth/test_two_runs.py",
    "truth/test_verdicts.py",
    "truth/test_words_without_size.py",
)
MEASURED = (
    "truth/test_losses.py",
    "truth/test_model_streams.py",
    "truth/test_server.py",
    "truth/test_streams.py",
    "stackduel/cli/test_own_stacks.py",
    "stackduel/cli/test_tuning.py",
    "stackduel/load/drivers/test_early_refusals.py",
    "stackduel/load/test_engine.py",
    "stackduel/load/drivers/test_first_byte.py",
    "stackduel/load/shards/test_shard.py",
    "stackduel/load/drivers/test_lost_connections.py",
    "stackduel/load/drivers/test_open_loop.py",
    "stackduel/load/shards/test_worker.py",
    "stackduel/observe/resources",
    "stackduel_servers/core/inference/test_memory.py",
)
ALONE = (
    "stackduel/load/drivers/test_dispatcher.py",
    "truth/test_pair.py",
    "stackduel/load/shards/test_freeze.py",
    "stackduel/load/shards/test_stability.py",
)
GROUPS = {"engine": ENGINE, "apart": APART, "uncovered": UNCOVERED, "measured": MEASURED, "alone": ALONE}
COVERED = "covered"
TESTS = Path(__file__).parent

# Tests run beside each other and beside whatever else a machine does: no trial of theirs is void for that.
ANY_HOST = ("--gate", "foreign_cpu=1", "--gate", "steal=1", "--gate", "generator_cpu=10")

# Where it is set, coverage starts in each child.
COVERAGE = "COVERAGE_PROCESS_CONFIG"

Answer = Callable[[BaseHTTPRequestHandler], tuple[int, bytes]]


@pytest.fixture(autouse=True)
def no_secret_is_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test hide the words that an earlier one learned as secrets: a process remembers them."""
    monkeypatch.setattr(learned_secrets, "_learned", ())


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--group``: the tests of one group alone, of which no other module is imported."""
    parser.addoption("--group", choices=(COVERED, *GROUPS), help="run the tests of this group (tests/conftest.py)")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out what is in another group than the one that is asked for."""
    group = config.getoption("--group")
    if group is None or collection_path.is_dir():
        return None
    return True if group_of(collection_path) != group else None


def group_of(path: Path) -> str:
    """The group of a file of tests."""
    for group, names in GROUPS.items():
        if any(path.is_relative_to(TESTS / name) for name in names):
            return group
    return COVERED


def unavailable(what: str, reason: str) -> NoReturn:
    """Skip, or fail where the environment requires what is missing."""
    if what in os.environ.get("STACKDUEL_REQUIRE", "").split(","):
        pytest.fail(f"{what} is required: {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def nginx() -> None:
    """Skip a test, or fail it where the environment requires nginx, on a machine without it."""
    if nginx_program() is None:
        unavailable("nginx", f"nginx is not installed: {INSTALL_NGINX}")


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
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_POST = do_HEAD = do_PUT = do_OPTIONS = do_DELETE = handle_any

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


@pytest.fixture
def uncovered_children(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start children without coverage, for tests whose children run what others cover: each takes half the time."""
    monkeypatch.delenv(COVERAGE, raising=False)


def uncovered(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of children without coverage, for fixtures that several tests share."""
    return {name: value for name, value in environ.items() if name != COVERAGE}
