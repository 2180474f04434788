"""Local processes: started, healthy, and never left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import psutil
import pytest

from stackduel.launch.local.local_launcher import LocalLauncher
from stackduel.model.budget import divide
from stackduel.model.errors import LaunchError
from stackduel.model.stack import Command, Image, Stack
from stackduel.process.cores import usable_cores
from stackduel.verify.exchange import exchange
from tests.until import until

WITHIN_S = 10.0
SERVER = """
import http.server, os, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        cores = ",".join(map(str, sorted(os.sched_getaffinity(0)))) if hasattr(os, "sched_getaffinity") else ""
        told = " ".join(str(os.environ.get(name)) for name in ("WORKERS", "MINE", "INFERENCE_DEVICE"))
        body = f"{os.getpid()} {child.pid} {cores} {told}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
print("a line of the log", flush=True)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def stack(folder: Path, script: str = SERVER, name: str = "mine") -> Stack:
    (folder / "serve.py").write_text(script)
    argv = (sys.executable, "serve.py", "{port}")
    return Stack(name, "rewrite", "", Command(argv, {"MINE": "yes"}, folder), health="/")


def launcher(folder: Path) -> LocalLauncher:
    return LocalLauncher(divide(usable_cores()), folder / "logs", device="torch-cpu")


def test_a_started_stack_answers_from_its_own_core(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is healthy when handed over, pinned to the server's core, with its own settings and not the shell's."""
    monkeypatch.setenv("WORKERS", "99")
    monkeypatch.setenv("INFERENCE_DEVICE", "cuda")
    with launcher(tmp_path) as running, running.start(stack(tmp_path)) as started:
        pid, child, cores, workers, mine, device = exchange(started.address, "/").body.decode().split(" ")
        assert (workers, mine, device) == ("None", "yes", "torch-cpu")
        assert started.failure() is None
        assert int(pid) == started.subject.pid  # type: ignore[union-attr]
        assert until(lambda: "a line of the log" in started.log_tail())
        if sys.platform == "linux":
            assert cores == str(usable_cores()[0])
    assert until(lambda: not psutil.pid_exists(int(pid)) and not psutil.pid_exists(int(child)))


def test_the_tree_is_taken_down_when_the_block_raises(tmp_path: Path) -> None:
    """An exception inside the block, Ctrl-C included, leaves neither the server nor its child behind."""
    with (
        pytest.raises(KeyboardInterrupt),
        launcher(tmp_path) as running,
        running.start(stack(tmp_path)) as started,
    ):
        pids = [int(word) for word in exchange(started.address, "/").body.split()[:2]]
        raise KeyboardInterrupt
    assert until(lambda: not any(psutil.pid_exists(pid) for pid in pids))


def test_a_stack_that_ends_at_once_is_told_with_its_log(tmp_path: Path) -> None:
    """The error holds the exit status and the last lines that the server wrote."""
    broken = stack(tmp_path, "import sys; print('no such option'); sys.exit(7)")
    with launcher(tmp_path) as running, pytest.raises(LaunchError) as raised, running.start(broken):
        pass
    assert "mine: the server ended with exit status 7 before it was healthy\nno such option" in str(raised.value)


def test_a_command_that_does_not_exist_is_told(tmp_path: Path) -> None:
    """A command that cannot be started raises a LaunchError that names it."""
    absent = Stack("mine", "rewrite", "", Command(("./absent", "{port}"), {}, tmp_path))
    with launcher(tmp_path) as running, pytest.raises(LaunchError, match=r"mine: cannot start \./absent: No such"):
        running.start(absent).__enter__()


def test_a_stack_that_never_gets_healthy_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the deadline the error says what the last attempt met, and the server is gone."""
    mute = stack(tmp_path, "import os, time; print(os.getpid(), flush=True); time.sleep(600)")
    with launcher(tmp_path) as running:
        # The downstream has started by now, and may have taken longer than that.
        monkeypatch.setattr("stackduel.launch.local.local_launcher.HEALTHY_WITHIN_S", 0.3)
        with pytest.raises(LaunchError) as raised, running.start(mute):
            pass
    assert "mine: not healthy within 0.3 s: " in str(raised.value)
    assert until(lambda: not psutil.pid_exists(int(str(raised.value).split()[-1])))


def test_an_image_is_refused_with_the_launcher_that_takes_it(tmp_path: Path) -> None:
    """A source that local processes cannot be made of raises an error that points to another launcher."""
    boxed = Stack("boxed", "rewrite", "", Image("x:1", 8000, {}))
    with launcher(tmp_path) as running, pytest.raises(LaunchError, match="needs --launcher docker or url"):
        running.start(boxed).__enter__()


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_killed_runner_takes_its_servers_with_it(tmp_path: Path, number: signal.Signals) -> None:
    """Whatever signal ends the runner, SIGKILL included, its servers end by themselves soon after."""
    stack(tmp_path)
    runner = textwrap.dedent(f"""
        import sys, time
        from pathlib import Path
        from stackduel.model.budget import divide
        from stackduel.verify.exchange import exchange
        from stackduel.launch.local.local_launcher import LocalLauncher
        from stackduel.model.stack import Command, Stack
        folder = Path({str(tmp_path)!r})
        mine = Stack("mine", "rewrite", "", Command((sys.executable, "serve.py", "{{port}}"), {{}}, folder), health="/")
        with LocalLauncher(divide((0, 0)), folder / "logs") as running, running.start(mine) as started:
            print(exchange(started.address, "/").body.decode(), flush=True)
            time.sleep(600)
    """)
    process = subprocess.Popen([sys.executable, "-c", runner], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    pids = [int(word) for word in process.stdout.readline().split()[:2]]
    tree = [child.pid for child in psutil.Process(process.pid).children(recursive=True)]
    assert len(pids) == 2
    assert all(psutil.pid_exists(pid) for pid in pids)
    os.kill(process.pid, number)
    process.wait(WITHIN_S)
    process.stdout.close()
    assert until(lambda: not any(psutil.pid_exists(pid) for pid in [*pids, *tree]))


def alone(folder: Path, *module: str) -> str:
    running = launcher(folder)
    (folder / "logs").mkdir(exist_ok=True)
    return running.alone(module)


def test_what_runs_alone_is_on_the_server_s_cores_and_its_output_comes_back(tmp_path: Path) -> None:
    """As a module of its own, to its end, with the user's model where there is one."""
    statement = "import os; print(os.environ.get('STACKDUEL_OWN_MODEL'), sorted(os.sched_getaffinity(0)))"
    if sys.platform != "linux":
        statement = "import os; print(os.environ.get('STACKDUEL_OWN_MODEL'))"
    (tmp_path / "logs").mkdir()
    running = LocalLauncher(divide(usable_cores()), tmp_path / "logs", own_model=Path("/mine.onnx"))
    output = running.alone(("timeit", "-n1", "-r1", statement))
    assert output.startswith("/mine.onnx")
    if sys.platform == "linux":
        assert str([usable_cores()[0]]) in output


def test_what_fails_alone_is_told_with_its_last_lines(tmp_path: Path) -> None:
    """Its exit status, and what it wrote."""
    with pytest.raises(LaunchError, match=r"timeit: ended with exit status 1\n(.|\n)*broken"):
        alone(tmp_path, "timeit", "-n1", "-r1", "raise ValueError('broken')")


def test_what_does_not_end_alone_is_taken_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After its time, with all its processes."""
    monkeypatch.setattr("stackduel.launch.local.local_launcher.ALONE_WITHIN_S", 0.2)
    with pytest.raises(LaunchError, match=r"timeit: did not end within 0\.2 s"):
        alone(tmp_path, "timeit", "-n1", "-r1", "import time; time.sleep(600)")
    assert until(lambda: not [one for one in psutil.Process().children(recursive=True) if "timeit" in _line(one)])


def _line(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""
