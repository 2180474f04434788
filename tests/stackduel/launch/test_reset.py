"""The command that brings a stack's data back, run before each start."""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from pathlib import Path

import psutil
import pytest

from stackduel.cli import exit_status
from stackduel.launch.reset import run_reset
from stackduel.model.errors import LaunchError
from stackduel.model.stack import Command
from tests.conftest import ANY_HOST
from tests.until import until

# A POST that fills a table, and the command that empties it and writes down how full it was.
SERVER = """
import http.server, sqlite3, sys
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        with sqlite3.connect("shop.db") as database:
            database.execute("INSERT INTO orders VALUES (1)")
        self.send_response(201)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")
    def do_GET(self):
        self.send_response(204)
        self.end_headers()
    def log_message(self, *words):
        pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
RESET = """
import sqlite3, sys
with sqlite3.connect("shop.db") as database:
    database.execute("CREATE TABLE IF NOT EXISTS orders (number)")
    rows = database.execute("SELECT count(*) FROM orders").fetchone()[0]
    database.execute("DELETE FROM orders")
with open("resets.txt", "a") as file:
    print(sys.argv[1], rows, file=file)
"""
STACKS = f"""
reset = ["{Path(sys.executable).as_posix()}", "reset.py", "{{stack}}"]
[stacks.old]
command = ["{Path(sys.executable).as_posix()}", "serve.py", "{{port}}"]
health = "/up"
tier = "baseline"
[stacks.new]
command = ["{Path(sys.executable).as_posix()}", "serve.py", "{{port}}"]
health = "/up"
[[requests]]
name = "order"
method = "POST"
path = "/orders"
body = "lamp"
status = 201
[load]
connections = [1, 2]
requests = 20
"""


def test_every_trial_begins_with_the_same_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A POST that fills a table is measured on an empty one by each stack, in each scenario and block."""
    for name, text in (("serve.py", SERVER), ("reset.py", RESET), ("shop.toml", STACKS)):
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    asked = ("run", "--stacks-file", "shop.toml", "--blocks", "2", "--seed", "1", "--quiet", *ANY_HOST)
    assert exit_status(asked) == 0
    (where,) = (tmp_path / "results").iterdir()
    run = json.loads((where / "run.json").read_text(encoding="utf-8"))
    assert {trial["state"] for trial in run["trials"]} <= {"ok", "noisy"}
    resets = [line.split() for line in (tmp_path / "resets.txt").read_text().splitlines()]
    # A server for each trial: two stacks, two scenarios, two blocks; the twin runs only where there are blocks enough.
    assert sum(name == "old" for name, _ in resets) >= 4
    assert sum(name == "new" for name, _ in resets) >= 4
    # Twenty orders and the warm-up, and on a stack's first start the one that verified it: never two trials' worth.
    assert max(int(rows) for _, rows in resets) < 40
    with sqlite3.connect(tmp_path / "shop.db") as database:
        assert database.execute("SELECT count(*) FROM orders").fetchone()[0] < 40


def test_a_reset_that_fails_is_told_with_its_output(tmp_path: Path) -> None:
    """The stack is not started on data that nobody knows."""
    failing = Command((sys.executable, "-c", "print('no such database'); raise SystemExit(7)"), {}, tmp_path)
    with pytest.raises(LaunchError, match=r"mine: reset: \S+ ended with exit status 7\nno such database"):
        run_reset("mine", failing)
    with pytest.raises(LaunchError, match=r"mine: reset: cannot start \./absent: No such file"):
        run_reset("mine", Command(("./absent",), {}, tmp_path))


@pytest.mark.skipif(sys.platform == "win32", reason="process groups are POSIX")
def test_a_reset_that_does_not_end_is_taken_down(tmp_path: Path) -> None:
    """With all that it started, after its time."""
    child = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
    script = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}], stdout=open('pid', 'w'))"
    began_s = time.monotonic()
    with pytest.raises(LaunchError, match=r"mine: reset: did not end within 3 s"):
        run_reset("mine", Command((sys.executable, "-c", script), {}, tmp_path), within_s=3.0)
    assert time.monotonic() - began_s < 60
    assert until(lambda: not psutil.pid_exists(int((tmp_path / "pid").read_text())))


def test_a_reset_runs_as_the_stack_s_own_command(tmp_path: Path) -> None:
    """With its environment, in its folder, and with the stack's name."""
    script = "import os, sys; open(sys.argv[1], 'w').write(os.environ['DATABASE'])"
    run_reset("mine", Command((sys.executable, "-c", script, "{stack}.txt"), {"DATABASE": "shop"}, tmp_path))
    assert (tmp_path / "mine.txt").read_text() == "shop"
