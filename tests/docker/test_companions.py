"""Companions in containers: of an image beside an image, and beside a process of this machine."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

import docker
import pytest

from stackduel.containers.ownership import COMPANION_LABEL
from tests.conftest import ANY_HOST
from tests.docker.conftest import CommandLine

pytestmark = pytest.mark.docker
SERVER = """
import http.server, os, sys, urllib.request
store = os.environ.get("STORE")
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *words):
        pass
    def do_GET(self):
        body = urllib.request.urlopen(f"http://{store}/", timeout=5).read() if store else b"42 lamps"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
http.server.ThreadingHTTPServer(("0.0.0.0", int((sys.argv + ["8000"])[1])), Handler).serve_forever()
"""
REQUEST = '[[requests]]\nname = "front"\npath = "/"\ncheck = "body"\n[load]\nconnections = 2\nrequests = 6\n'


@pytest.mark.parametrize("where", ["docker", "local"])
def test_a_companion_of_an_image_is_reached_and_removed(
    command_line: CommandLine, own_image: Callable[[str], str], where: str
) -> None:
    """By a container on the network of the run, by a process at a published port; ``ready`` runs inside it."""
    image = own_image(SERVER)
    folder = command_line.folder
    (folder / "shop.py").write_text(SERVER)
    started = (
        f'image = "{image}"\nport = 8000' if where == "docker" else
        f"command = {json.dumps([sys.executable, str(folder / 'shop.py'), '{port}'])}"
    )  # fmt: skip
    ready = """["python", "-c", "import socket; socket.create_connection(('127.0.0.1', 8000))"]"""
    path = folder / f"{where}.toml"
    path.write_text(
        f'[companions.store]\nimage = "{image}"\nport = 8000\nready = {ready}\n'
        f'[stacks.shop]\n{started}\nenv = {{ STORE = "{{store.host}}:{{store.port}}" }}\n{REQUEST}'
    )
    options = ("--launcher", where, "--blocks", "1", "--out", str(folder / where), *ANY_HOST)
    ended = command_line.run("run", "--stacks-file", str(path), *options)
    assert ended.returncode == 0, f"{ended.stdout}{ended.stderr}"
    (run,) = (folder / where).glob("*/run.json")
    (trial,) = json.loads(run.read_text())["trials"]
    assert (trial["succeeded"], trial["failed"]) == (6, 0)
    client = docker.from_env()
    try:
        assert not client.containers.list(all=True, filters={"label": f"{COMPANION_LABEL}=store"})
    finally:
        client.close()
