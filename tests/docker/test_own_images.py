"""Image stacks of a stacks file: their secrets stay here, and what is wrong with one is told at once."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from stackduel.containers.recipes import server_recipe
from stackduel.launch.docker.container_launcher import ContainerLauncher
from stackduel.model.stack import Stack
from tests.conftest import ANY_HOST
from tests.docker.conftest import CommandLine

pytestmark = pytest.mark.docker
SECRETS = {"SHOP_SECRET": "v4riable-SECRET-of-the-image", "DATABASE_URL": "d4tabase-PASSWORD-of-the-image"}
SERVER = """
import http.server, os, sys
print("starts with", dict(os.environ), flush=True)
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def log_message(self, *words):
        pass
    def do_GET(self):
        dies = os.environ.get("MODE") == "dies"
        if dies:
            print("\\x1b[31mcannot connect to", os.environ["DATABASE_URL"], os.environ["SHOP_SECRET"], flush=True)
            os._exit(9)
        found = self.path in {"/health", "/page"}
        odd = self.path == "/page" and os.environ.get("MODE") == "odd"
        body = (os.environ["DATABASE_URL"] + os.environ["SHOP_SECRET"]).encode() if odd else b"fine"
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
http.server.ThreadingHTTPServer(("0.0.0.0", 8000), Handler).serve_forever()
"""


def test_an_image_that_says_so_is_held_to_the_contract(
    command_line: CommandLine, launcher: ContainerLauncher, stacks: dict[str, Stack]
) -> None:
    """It is told the downstream, and every case is checked: here in an image of ours, as if it were the user's."""
    with launcher.start(stacks["flask-gunicorn"]):
        pass  # its image is there now
    image = server_recipe("flask-gunicorn", "flask").tag
    path = command_line.folder / "contract.toml"
    path.write_text(f'[stacks.mine]\nimage = "{image}"\nport = 8002\nenv = {{ PORT = "8002" }}\ncontract = "sandbox"\n')
    verified = command_line.run("verify", "--stacks-file", str(path), "--launcher", "docker")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert re.search(r"^mine: \d{3} answers right$", verified.stdout, re.MULTILINE), verified.stdout


def test_secrets_of_images_stay_and_a_wrong_health_is_one_line(
    command_line: CommandLine, own_image: Callable[[str], str]
) -> None:
    """A log, an answer and a death that show secrets, and a health path that is not there: a line each, no secret."""
    image = own_image(SERVER)
    env = (
        f'SHOP_SECRET = "{SECRETS["SHOP_SECRET"]}", DATABASE_URL = "postgres://shop:{SECRETS["DATABASE_URL"]}@db/shop"'
    )
    stacks = {
        "sound": ("", 'tier = "baseline"\n'),
        "odd": (', MODE = "odd"', ""),
        "dies": (', MODE = "dies"', ""),
        "lost": ("", 'health = "/nowhere"\n'),
    }
    path = command_line.folder / "images.toml"
    path.write_text(
        "".join(
            f'[stacks.{name}]\nimage = "{image}"\nport = 8000\nenv = {{ {env}{more} }}\n{keys}'
            for name, (more, keys) in stacks.items()
        )
        + '[[requests]]\nname = "page"\npath = "/page"\n[load]\nconnections = 2\nduration_s = 0.3\n'
    )
    out = ("--blocks", "1", *ANY_HOST, "--out", str(command_line.folder))
    refused = command_line.run("run", "--stacks-file", str(path), *out)
    assert refused.returncode == 3, refused.stdout
    for name in ("odd", "dies", "lost"):
        assert f"{name}: " in refused.stdout
    (told,) = (line for line in refused.stdout.splitlines() if line.lstrip("- ").startswith("lost: "))
    assert "404" in told
    assert "/nowhere" in told
    kept = command_line.run("run", "--stacks-file", str(path), *out, "--keep-going")
    assert kept.returncode == 3, kept.stdout
    ways = {"refused": refused.stdout.encode(), "kept": kept.stdout.encode()}
    ways |= {str(each): each.read_bytes() for each in command_line.folder.rglob("*") if each.is_file() and each != path}
    assert any(name.endswith("report.md") for name in ways)
    assert any(b"[redacted]" in content for content in ways.values())
    shown = [
        (name, secret)
        for name, content in ways.items()
        for secret in SECRETS.values()
        if secret[:9].encode() in content
    ]
    assert shown == []
    assert b"\x1b[31m" not in ways["kept"] + ways["refused"]
