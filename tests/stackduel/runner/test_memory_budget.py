"""A stack that takes more memory than its budget, while it is loaded."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from tests.conftest import ANY_HOST
from tests.stackduel.cli.called import called

WINDOW_S = 300
HOARDER = """
import http.server, sys
kept = []
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        if self.path == "/hoard" and len(kept) < 40:
            kept.append(bytearray(b"x" * 10_000_000))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def test_a_trial_ends_as_soon_as_its_stack_is_over_the_budget(tmp_path: Path) -> None:
    """The failure comes long before the end of the window, says how much was used, and the exit status is 3."""
    (tmp_path / "serve.py").write_text(HOARDER)
    command = json.dumps([sys.executable, "serve.py", "{port}"])
    (tmp_path / "mine.toml").write_text(
        f'[stacks.hoarder]\ncommand = {command}\n[[requests]]\nname = "hoard"\npath = "/hoard"\n'
        f"[load]\nconnections = 1\nduration_s = {WINDOW_S}\n"
    )
    options = ("--stacks-file", str(tmp_path / "mine.toml"), "--memory", "128", "--blocks", "1", *ANY_HOST)
    began_s = time.monotonic()
    done = called("run", *options, "--out", str(tmp_path / "out"))
    assert time.monotonic() - began_s < WINDOW_S / 3
    assert done.returncode == 3, done.stderr
    assert "MiB of memory, over the budget of 128 MiB" in done.stdout
