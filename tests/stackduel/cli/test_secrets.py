"""No secret of the user's leaves a command by any way: terminal, live page, logs, results, reports."""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import ANY_HOST, uncovered

ROOT = Path(__file__).parents[3]
# A part of each secret that no other text has.
SECRETS = {
    "a header from the environment": "tok3n-FROM-environment",
    "a header by its name": "k3y-BY-its-name",
    "a header by its look": "9f8a7b6c5d4e3f2a1b0c9d8e",
    "a cookie": "c00kie-OF-session",
    "basic authentication": "b4sic-PASSWORD",
    "a parameter of the path": "qu3ry-TOKEN",
    "a field of the body": "b0dy-PASSWORD",
    "a variable by its name": "v4riable-SECRET",
    "a password in an address": "d4tabase-PASSWORD",
    "an option of the command": "0ption-APIKEY",
    "an inherited variable": "sh3ll-PASSWORD",
    "an inherited address": "r3dis-PASSWORD",
}
BASIC = base64.b64encode(f"shop:{SECRETS['basic authentication']}".encode()).decode()
SERVER = """
import http.server, os, sys
mode, port = sys.argv[1], int(sys.argv[2])
print("starts with", sys.argv, dict(os.environ), flush=True)
print("\\x1b[31mdatabase", os.environ["DATABASE_URL"], "\\x1b[0m", file=sys.stderr, flush=True)
if mode == "dies":
    raise SystemExit("cannot connect to " + os.environ["DATABASE_URL"] + " with " + os.environ["SHOP_SECRET"])
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    served = 0
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        told = f"{self.path} {dict(self.headers)} {body!r} {os.environ['DATABASE_URL']}"
        print(told, flush=True)
        Handler.served += 1
        if mode == "falls" and Handler.served > 12:
            print("Traceback: lost", told, flush=True)
            os._exit(9)
        if mode == "echoes":
            # Wherever the answer is cut, a secret stands there.
            return self.answer(500, " ".join([self.headers["Authorization"], told] * 20).encode())
        if mode == "differs":
            return self.answer(200, (self.headers["Authorization"] * 20).encode())
        self.answer(200, b"fine")
    def do_GET(self):
        self.answer(200, b"up")
    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
"""
MODES = ("serves", "echoes", "differs", "dies", "falls")
SHELL = {
    "SHOP_TOKEN": SECRETS["a header from the environment"],
    "PGPASSWORD": SECRETS["an inherited variable"],
    "CACHE": f"redis://:{SECRETS['an inherited address']}@127.0.0.1:6379/0",
}


def own_file(folder: Path) -> Path:
    (folder / "serve.py").write_text(SERVER)
    environment = {
        "SHOP_SECRET": SECRETS["a variable by its name"],
        "DATABASE_URL": f"postgres://shop:{SECRETS['a password in an address']}@db/shop",
    }
    option = ["--api-key", SECRETS["an option of the command"]]
    stacks = [
        f"[stacks.{mode}]\ncommand = {json.dumps([sys.executable, 'serve.py', mode, '{port}', *option])}\n"
        f"env = {_inline(environment)}\n"
        for mode in MODES
    ]
    headers = {
        "Authorization": "Bearer ${SHOP_TOKEN}",
        "X-Api-Key": SECRETS["a header by its name"],
        "X-Partner": SECRETS["a header by its look"],
        "Cookie": f"theme=dark; session={SECRETS['a cookie']}",
        "X-Forwarded-Authorization": f"Basic {BASIC}",
        "X-Traffic": "load",
    }
    path = folder / "mine.toml"
    path.write_text(
        "\n".join(stacks)
        + '[[requests]]\nname = "search"\nmethod = "POST"\n'
        + f'path = "/search?page=1&token={SECRETS["a parameter of the path"]}"\n'
        + f"body = '{json.dumps({'user': 'anna', 'password': SECRETS['a field of the body']})}'\n"
        + f"headers = {_inline(headers)}\n"
        + "[load]\nconnections = 2\nduration_s = 0.6\n"
    )
    return path


def _inline(table: dict[str, str]) -> str:
    return f"{{ {', '.join(f'{name} = {json.dumps(value)}' for name, value in table.items())} }}"


class Watched:
    """A command in a process of its own; everything that it prints and serves while it runs is kept."""

    def __init__(self, *arguments: str) -> None:
        self.served = b""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "stackduel", *arguments],
            cwd=ROOT,
            env={**uncovered(os.environ), **SHELL},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.err = b""
        reader = threading.Thread(target=self._read_errors)
        reader.start()
        with self.process:
            assert self.process.stdout is not None
            self.out = self.process.stdout.read()
            reader.join()
        self.status = self.process.returncode

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        pages = []
        for line in self.process.stderr:
            self.err += line
            if match := re.search(rb"Live: (http://\S+)", line):
                pages.append(threading.Thread(target=self._read_pages, args=(match.group(1).decode(),)))
                pages[-1].start()
        for page in pages:
            page.join()

    def _read_pages(self, url: str) -> None:
        for path in ("", "events"):
            with urllib.request.urlopen(f"{url.rstrip('/')}/{path}", timeout=60) as answer:
                self.served += answer.read()


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Everything that left a run and the commands about it, by the way that it took."""
    folder = tmp_path_factory.mktemp("secrets")
    own, out = str(own_file(folder)), folder / "out"
    run = ("run", "--stacks-file", own, "--blocks", "1", *ANY_HOST, "--out")
    ways = together(
        {
            "dry": ("run", "--stacks-file", own, "--dry-run"),
            "refused": (*run, str(out / "refused")),
            "run": (*run, str(out), "--keep-going", "--live"),
            "verify": ("verify", "--stacks-file", own),
        }
    )
    (results,) = (path for path in out.iterdir() if path.is_dir() and path.name != "refused")
    ways |= together(
        {
            "report": ("report", str(results), "--fail-on", "errors > 0"),
            "json": (*run, str(out), "--stacks", "serves", "--json"),
        }
    )
    ways |= together({"runs": ("runs", "--out", str(out))})
    ways |= {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()}
    return ways


def together(commands: Mapping[str, Sequence[str]]) -> dict[str, bytes]:
    """Start commands at once; return everything that left them, by the way that it took."""
    with ThreadPoolExecutor(len(commands)) as threads:
        watched = threads.map(lambda arguments: Watched(*arguments), commands.values())
        ways: dict[str, bytes] = {}
        for name, done in zip(commands, watched, strict=True):
            # A report says with 1 that its condition is met: what falls may have failed some requests, or all.
            met = b"condition met" in done.err
            assert done.status in ({1} if met else {0, 2, 3}), done.err.decode()
            ways |= {f"{name}: stdout": done.out, f"{name}: stderr": done.err, f"{name}: live page": done.served}
        return ways


def test_no_secret_leaves_by_any_way(left: dict[str, bytes]) -> None:
    """A dozen secrets of all kinds are in no byte that a command prints, serves or writes, nor in what is encoded."""
    shown = [
        f"{way} shows {kind}: {text[max(0, at - 80) : at + 40]!r}"
        for way, content in left.items()
        for text in (content, *_decoded(content))
        for kind, secret in {**SECRETS, "what is encoded": BASIC}.items()
        if (at := text.find(secret.encode())) >= 0
    ]
    assert not shown, "\n".join(shown)


def test_no_part_of_a_cut_secret_leaves(left: dict[str, bytes]) -> None:
    """Not even the beginning of a secret stands where an answer or a log was cut."""
    parts = {secret[:8].encode() for secret in SECRETS.values()}
    for way, content in left.items():
        assert not [part for part in parts if part in content], way


def test_the_rest_is_told(left: dict[str, bytes]) -> None:
    """Faults are still readable: the reasons, the servers' words, and a header that is no secret."""
    err, run_json = left["run: stderr"], next(content for way, content in left.items() if way.endswith("run.json"))
    assert b"echoes: POST /search?page=1&token=[redacted] answered 500" in err
    assert b"cannot connect to" in err
    assert left["run: live page"].count(b"not measured") >= 1
    document = json.loads(run_json)
    (scenario,) = document["suite"]["scenarios"]
    (asked,) = scenario["workloads"]
    assert ["X-Traffic", "load"] in asked["headers"]
    assert base64.b64decode(asked["body"]) == b'{"user": "anna", "password": "[redacted]"}'
    assert document["stacks"]["serves"]["command"][-2:] == ["--api-key", "[redacted]"]
    logs = b"".join(content for way, content in left.items() if way.endswith(".log"))
    assert b"starts with" in logs
    assert b"[redacted]" in logs


def _decoded(content: bytes) -> Iterator[bytes]:
    for match in re.finditer(rb"[A-Za-z0-9+/]{16,}={0,2}", content):
        try:
            yield base64.b64decode(match.group(), validate=True)
        except binascii.Error:
            continue
