"""Whole runs whose requests are as people have them: uploads, forms, other methods, hosts and headers of their own."""

from __future__ import annotations

import base64
import hashlib
import json
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from stackduel.cli import exit_status
from tests.conftest import ANY_HOST, serving
from tests.stackduel.load.scripted import ScriptedServer, answer

FILE = """
[stacks.it]
url = "{url}"
[load]
connections = 1
requests = 3
"""
REQUESTS = """
[[requests]]
name = "upload"
method = "PUT"
path = "/upload"
body_file = "picture"
[[requests]]
name = "form"
path = "/form"
form = { who = "Ada & Co" }
[[requests]]
name = "parts"
path = "/parts"
files = { photo = "picture" }
[[requests]]
name = "head"
method = "HEAD"
path = "/head"
[[requests]]
name = "options"
method = "OPTIONS"
path = "/options"
[[requests]]
name = "host"
path = "/host"
headers = { Host = "shop.example:8080", x_api_version = "2" }
"""
PICTURE = bytes(range(256)) * 400


def measured(folder: Path, url: str, requests: str) -> int:
    """The exit status of a run of one block against a server."""
    path = folder / "mine.toml"
    path.write_text(FILE.format(url=url) + requests, encoding="utf-8")
    arguments = ["run", "--stacks-file", str(path), "--blocks", "1", "--out", str(folder / "results"), "--quiet"]
    return exit_status([*arguments, *ANY_HOST])


def test_every_request_arrives_as_it_was_meant(tmp_path: Path) -> None:
    """Each is verified and then sent by a load, with the same bytes; an upload is in run.json by its digest alone."""
    (tmp_path / "picture").write_bytes(PICTURE)
    seen: dict[str, set[tuple[str, str | None, str | None, bytes]]] = {}

    def echo(request: BaseHTTPRequestHandler) -> tuple[int, bytes]:
        headers, body = request.headers, request.body  # type: ignore[attr-defined]
        what = (request.command, headers["Content-Type"], headers["x_api_version"], body)
        seen.setdefault(request.path, set()).add(what)
        return 200, json.dumps([request.command, headers["Host"], hashlib.sha256(body).hexdigest()]).encode()

    with serving(echo) as address:
        assert measured(tmp_path, address.url, REQUESTS) == 0
    assert seen["/upload"] == {("PUT", None, None, PICTURE)}
    assert seen["/form"] == {("POST", "application/x-www-form-urlencoded", None, b"who=Ada+%26+Co")}
    ((method, content_type, _, parts),) = seen["/parts"]
    assert (method, (content_type or "").partition(";")[0]) == ("POST", "multipart/form-data")
    assert PICTURE in parts
    assert {each[0] for each in seen["/head"]} == {"HEAD"}
    assert {each[0] for each in seen["/options"]} == {"OPTIONS"}
    assert {each[2] for each in seen["/host"]} == {"2"}
    (folder,) = (path for path in (tmp_path / "results").iterdir() if path.is_dir())
    run = json.loads((folder / "run.json").read_text())
    assert {each["scenario"]: (each["succeeded"], each["failed"]) for each in run["trials"]} == dict.fromkeys(
        ("upload", "form", "parts", "head", "options", "host"), (3, 0)
    )
    assert len((folder / "run.json").read_text()) < 5 * len(PICTURE)
    stored = base64.b64decode(run["suite"]["scenarios"][0]["workloads"][0]["body"]).decode()
    assert stored == f"[{len(PICTURE)} bytes, SHA-256 {hashlib.sha256(PICTURE).hexdigest()}]"


def test_a_redirect_is_named_and_not_followed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With where it leads, and the two things that can be done."""

    with ScriptedServer(answer(b"HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n")) as server:
        assert measured(tmp_path, server.address.url, '[[requests]]\nname = "front"\npath = "/"\n') == 3
    told = "GET / answered 302 to /login instead of 200 (give status = 302 or the final path)"
    assert told in capsys.readouterr().err
