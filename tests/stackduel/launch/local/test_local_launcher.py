"""Local processes: started, healthy, and never left behind."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from stackduel.launch.local.local_launcher import LocalLauncher
from stackduel.model.budget import divide
from stackduel.model.errors import LaunchError
from stackduel.model.stack import Command, Image, Stack
from stackduel.planning.registry import registered_stacks, variant_of
from stackduel.process.cores import usable_cores
from stackduel.process.open_files import most_open_files
from stackduel.verify.exchange import exchange
from tests.until import until

WITHIN_S = 10.0


def servers_in(folder: Path) -> list[psutil.Process]:
    """The living servers that were started in a folder, whatever their parent is by now."""
    found = []
    for each in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if each.cwd() == str(folder) and "serve.py" in each.cmdline():
                found.append(each)
    return found


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
        assert len(servers_in(tmp_path)) >= 1
        assert started.address.host_header == "localhost", "whatever its port, so that every stack answers alike"
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


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
@pytest.mark.parametrize("name", ["SIGKILL", "SIGSEGV", "SIGTERM", "SIGABRT"])
def test_a_stack_that_a_signal_ends_is_told_by_the_signal_s_name(tmp_path: Path, name: str) -> None:
    """It says SIGKILL, as the kernel's memory killer does, and no number such as 247 that nobody knows."""
    broken = stack(tmp_path, f"import os, signal; os.kill(os.getpid(), signal.{name})")
    with launcher(tmp_path) as running, pytest.raises(LaunchError) as raised, running.start(broken):
        pass
    assert f"mine: the server was ended by {name} before it was healthy" in str(raised.value)


@pytest.mark.skipif(sys.platform == "win32", reason="limits are POSIX")
def test_a_stack_may_open_as_many_files_as_the_system_allows(tmp_path: Path) -> None:
    """A shell's low soft limit of open files, which is one of connections, does not reach the stacks."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    told = stack(tmp_path, "import resource; print(resource.getrlimit(resource.RLIMIT_NOFILE)[0]); raise SystemExit(1)")
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 512), hard))
    try:
        with launcher(tmp_path) as running, pytest.raises(LaunchError) as raised, running.start(told):
            pass
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert int(str(raised.value).splitlines()[-1]) == most_open_files()


def test_a_command_that_does_not_exist_is_told(tmp_path: Path) -> None:
    """A command that cannot be started raises a LaunchError that names it."""
    absent = Stack("mine", "rewrite", "", Command(("./absent", "{port}"), {}, tmp_path))
    with launcher(tmp_path) as running, pytest.raises(LaunchError, match=r"mine: cannot start \./absent: No such"):
        running.start(absent).__enter__()


def test_a_stack_that_never_gets_healthy_is_told(tmp_path: Path) -> None:
    """At the deadline the error says what the last attempt met, and the server is gone."""
    mute = replace(stack(tmp_path, "import time; time.sleep(600)"), start_s=0.3)
    with launcher(tmp_path) as running, pytest.raises(LaunchError) as raised, running.start(mute):
        pass
    assert "mine: not healthy within 0.3 s: " in str(raised.value)
    assert until(lambda: not servers_in(tmp_path))


ELSEWHERE = """
import http.server, sys, threading, time
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(READY)
        self.end_headers()
other = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=other.serve_forever, daemon=True).start()
print(f"[INFO] Listening at: http://127.0.0.1:{other.server_port}", flush=True)
time.sleep(4 if READY == 404 else 600)
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), type("Own", (Handler,), {"do_GET": lambda own: (
    own.send_response(200), own.end_headers())})).serve_forever()
"""


def test_a_server_on_another_port_is_told_from_its_log(tmp_path: Path) -> None:
    """In seconds, long before the limit, with both ports and the placeholder that it did not heed."""
    deaf = replace(stack(tmp_path, ELSEWHERE.replace("READY", "200")), start_s=300.0)
    with launcher(tmp_path) as running, pytest.raises(LaunchError) as raised, running.start(deaf):
        pass
    told = str(raised.value)
    assert "mine: it listens on port " in told
    assert "which {port} was" in told


def test_a_server_that_listens_elsewhere_too_is_waited_for(tmp_path: Path) -> None:
    """One that shows its figures on another port while it still loads is not ready there."""
    loading = replace(stack(tmp_path, ELSEWHERE.replace("READY", "404")), start_s=300.0)
    with launcher(tmp_path) as running, running.start(loading) as started:
        assert exchange(started.address, "/").status == 200


def test_workers_that_die_in_vain_end_the_wait(tmp_path: Path) -> None:
    """A supervisor that starts them again and again never ends by itself."""
    error = "ModuleNotFoundError: No module named 'shop'"
    script = f"import time\nwhile True:\n    print({error!r}, flush=True)\n    time.sleep(0.1)"
    looping = replace(stack(tmp_path, script), start_s=300.0)
    with launcher(tmp_path) as running, pytest.raises(LaunchError) as raised, running.start(looping):
        pass
    assert f"its workers are started again and again: {error}" in str(raised.value)


def script_in(folder: Path, name: str, body: str) -> Path:
    """An executable script that runs this Python on ``body``."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!{sys.executable}\n{body}")
    path.chmod(0o755)
    return path


@pytest.mark.skipif(sys.platform == "win32", reason="scripts that begin with #! are POSIX")
def test_a_command_is_found_beside_its_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder of ``python`` comes first on PATH, and the environment is named as its own script would."""
    served = SERVER.replace('"WORKERS", "MINE", "INFERENCE_DEVICE"', '"VIRTUAL_ENV", "MINE", "PORT"')
    script_in(tmp_path / "venv" / "bin", "serve", served.replace("sys.argv[1]", 'os.environ["PORT"]'))
    script_in(tmp_path / "other", "serve", "raise SystemExit(9)")
    monkeypatch.setenv("PATH", str(tmp_path / "other"), prepend=os.pathsep)
    command = Command(("serve",), {"PORT": "{port}", "MINE": "{host}"}, tmp_path, tmp_path / "venv" / "bin" / "python")
    mine = Stack("mine", "rewrite", "", command, health="/")
    with launcher(tmp_path) as running, running.start(mine) as started:
        words = exchange(started.address, "/").body.decode().split(" ")
        assert words[-3:] == [str(tmp_path / "venv"), "127.0.0.1", str(started.address.port)]


@pytest.mark.skipif(sys.platform == "win32", reason="scripts that begin with #! are POSIX")
def test_what_was_found_by_chance_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program of stackduel's own environment lacks the user's packages; one that is nowhere needs its folder."""
    ours = script_in(tmp_path / "ours", "gunicorn", "import shop")
    monkeypatch.setenv("PATH", str(ours.parent), prepend=os.pathsep)
    monkeypatch.setattr("stackduel.planning.command_lookup.OWN_FOLDER", ours.parent)
    found = Stack("mine", "rewrite", "", Command(("gunicorn", "{port}"), {}, tmp_path))
    absent = Stack("mine", "rewrite", "", Command(("no-such-server", "{port}"), {}, tmp_path))
    with launcher(tmp_path) as running:
        with pytest.raises(LaunchError) as raised, running.start(found):
            pass
        assert "The gunicorn that was found is stackduel's own, without your packages: python = " in str(raised.value)
        with pytest.raises(LaunchError, match="no-such-server was not found: python = "), running.start(absent):
            pass


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


@pytest.mark.skipif(sys.platform == "win32", reason="the stack's server does not exist on Windows")
def test_a_variant_is_served_with_its_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variant starts its stack's server under its own name, and the shell's settings do not reach it."""
    monkeypatch.setenv("THREADS", "9")
    variant = variant_of(registered_stacks()["flask-gthread"], "few", {"WORKERS": "2"})
    with LocalLauncher(divide(usable_cores()), tmp_path) as running, running.start(variant) as started:
        health = json.loads(exchange(started.address, "/health").body)
    assert (health["stack"], health["workers"], health["threads"]) == ("flask-gthread", 2, 256)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the next start removes it")
def test_the_metrics_of_a_start_end_with_it(tmp_path: Path) -> None:
    """A stack that is measured for Prometheus has a folder in memory while it runs, and leaves nothing."""
    variant = variant_of(registered_stacks()["flask-gthread"], "measured", {"METRICS": "on"})
    with LocalLauncher(divide(usable_cores()), tmp_path) as running, running.start(variant) as started:
        assert exchange(started.address, "/metrics").status == 200
        worker = json.loads(exchange(started.address, "/health").body)["worker"]
        environ = Path(f"/proc/{worker}/environ").read_bytes().split(b"\0")
        folder = next(each.partition(b"=")[2] for each in environ if each.startswith(b"PROMETHEUS_MULTIPROC_DIR="))
        assert Path(os.fsdecode(folder)).is_dir()
    assert not Path(os.fsdecode(folder)).exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM")
@pytest.mark.parametrize("obeys", [True, False])
def test_a_server_is_asked_to_end_and_killed_after_its_grace(tmp_path: Path, *, obeys: bool) -> None:
    """One that obeys SIGTERM has ended before its grace is over; one that ignores it is killed, with its children."""
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    script = SERVER if obeys else deaf + SERVER
    with launcher(tmp_path) as running, running.start(stack(tmp_path, script)) as started:
        child = int(exchange(started.address, "/").body.split(b" ")[1])
        end = started.terminate(60.0 if obeys else 0.2)
        assert end.killed is not obeys
        assert obeys or end.ended_s >= 0.2
        assert until(lambda: started.failure() is not None)
        assert started.failure() == f"the server was ended by {'SIGTERM' if obeys else 'SIGKILL'}"
        assert until(lambda: not psutil.pid_exists(child))
