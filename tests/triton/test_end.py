"""However Triton ends, nothing of it stays: no process of its backend, no shared memory."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from stackduel.launch.local.local_launcher import LocalLauncher
from stackduel.model.budget import Budget
from stackduel.model.target import ProcessTree
from stackduel.planning.registry import registered_stacks
from stackduel.process.cores import usable_cores
from stackduel_servers.triton.leftovers import prefix
from tests.triton.conftest import SHARED_MEMORY, segments, stubs
from tests.until import until

pytestmark = pytest.mark.triton


@pytest.fixture
def one_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers of a single small model, which start quickly."""
    monkeypatch.setattr("stackduel.launch.local.local_launcher.SERVE_VARIABLES", ())
    monkeypatch.setenv("TRITON_MODELS", "decoder")


@pytest.fixture
def launcher(tmp_path: Path) -> Iterator[LocalLauncher]:
    """Starts stacks as a run would."""
    core = usable_cores()[:1]
    with LocalLauncher(Budget(core, core, core), tmp_path / "logs") as running:
        yield running


def gone(pid: int, backend: list[int]) -> bool:
    return not any(map(psutil.pid_exists, [pid, *backend])) and not segments(pid)


@pytest.mark.usefixtures("one_model")
@pytest.mark.parametrize("name", ["triton", "triton-grpc"])
def test_a_stopped_server_leaves_nothing(launcher: LocalLauncher, name: str) -> None:
    """It is healthy on its protocol's port, keeps shared memory in its own name, and none once it was stopped."""
    with launcher.start(registered_stacks()[name]) as started:
        assert isinstance(started.subject, ProcessTree)
        pid = started.subject.pid
        backend = stubs(pid)
        assert started.failure() is None
        assert backend
        assert segments(pid)
    assert gone(pid, backend)


@pytest.mark.usefixtures("one_model")
@pytest.mark.parametrize("with_backend", [False, True])
def test_a_killed_server_leaves_nothing(launcher: LocalLauncher, with_backend: bool) -> None:
    """SIGKILL of the server, and of its backend at the same moment, is told as its end and cleared away."""
    with launcher.start(registered_stacks()["triton"]) as started:
        assert isinstance(started.subject, ProcessTree)
        pid = started.subject.pid
        backend = stubs(pid)
        assert segments(pid)
        for each in [*(backend if with_backend else ()), pid]:
            os.kill(each, signal.SIGKILL)
        assert until(lambda: started.failure() is not None)
        assert until(lambda: gone(pid, backend))


@pytest.mark.usefixtures("one_model")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_runner_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    """Whatever ends the runner, its Triton ends with it."""
    runner = textwrap.dedent(f"""
        import time
        from pathlib import Path
        from stackduel.model.budget import Budget
        from stackduel.launch.local import local_launcher
        from stackduel.planning.registry import registered_stacks
        local_launcher.SERVE_VARIABLES = ()
        with local_launcher.LocalLauncher(Budget((0,), (0,), (0,)), Path({str(tmp_path)!r})) as running:
            with running.start(registered_stacks()["triton"]) as started:
                print(started.subject.pid, flush=True)
                time.sleep(600)
    """)
    process = subprocess.Popen([sys.executable, "-c", runner], stdout=subprocess.PIPE)
    assert process.stdout is not None
    pid = int(process.stdout.readline())
    backend = stubs(pid)
    assert backend
    process.send_signal(number)
    process.wait(20)
    process.stdout.close()
    assert until(lambda: gone(pid, backend))


@pytest.mark.usefixtures("one_model")
def test_what_an_unguarded_server_left_is_removed_by_the_next(launcher: LocalLauncher) -> None:
    """A server started by hand and killed with its backend leaves shared memory; the next start removes it."""
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    process.wait()
    left = SHARED_MEMORY / f"{prefix(process.pid)}left-behind"
    left.write_bytes(b"\0" * 1024)
    with launcher.start(registered_stacks()["triton"]):
        assert not left.exists()
