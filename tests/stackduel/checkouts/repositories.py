"""Small repositories of git, made by a script: an application whose every answer takes a known time."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from collections.abc import Mapping
from pathlib import Path

IDENTITY = {"GIT_AUTHOR_NAME": "t", "GIT_AUTHOR_EMAIL": "t@t", "GIT_COMMITTER_NAME": "t", "GIT_COMMITTER_EMAIL": "t@t"}
# A server of the standard library, whose every answer takes WAIT seconds.
SERVER = """
import sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from shop.speed import WAIT

class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        time.sleep(WAIT)
        self.wfile.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok")
    def log_message(self, *words):
        pass

if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()
"""
STACKS = """
[stacks.shop]
command = ["{python}", "-m", "shop.serve", "{{port}}"]
[[requests]]
name = "home"
path = "/"
[load]
connections = 2
duration_s = 1.0
warmup_s = 0.2
"""


def git(folder: Path, *words: str) -> str:
    """Return what git prints in a folder."""
    environ = {**os.environ, **IDENTITY}
    done = subprocess.run(("git", *words), cwd=folder, env=environ, capture_output=True, check=True, text=True)
    return done.stdout.strip()


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Write files by their paths below a folder."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def commit(folder: Path, files: Mapping[str, str], message: str) -> str:
    """Commit files with all else that changed; return the hash."""
    write(folder, files)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", message)
    return git(folder, "rev-parse", "HEAD")


def shop(folder: Path, below: str = "", python: str = sys.executable) -> Path:
    """A repository on branch main; the package shop lies in the folder ``below`` its top."""
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet", "--initial-branch", "main")
    prefix = f"{below}/" if below else ""
    commit(
        folder,
        {
            f"{prefix}shop/__init__.py": "",
            f"{prefix}shop/serve.py": SERVER,
            f"{prefix}shop/speed.py": "WAIT = 0.004\n",
            "stackduel.toml": STACKS.format(python=python),
            ".gitignore": "__pycache__/\nresults/\n.venv/\n",
        },
        "A shop",
    )
    return folder


def environment(folder: Path) -> Path:
    """The site-packages of an empty environment; its interpreter is ``bin/python``."""
    venv.create(folder, with_pip=False, symlinks=True)
    (found,) = folder.glob("lib/python*/site-packages")
    return found
