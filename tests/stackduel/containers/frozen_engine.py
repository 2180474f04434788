"""A Docker engine that answers for a while, and then takes every call without a word, as a stopped process does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

VERSION = {"ApiVersion": "1.43", "Version": "24.0", "MinAPIVersion": "1.24"}
LINE = json.dumps({"stream": "Step 1/2 : RUN sleep\n"}).encode() + b"\n"


class FakeEngine(ThreadingHTTPServer):
    """Answers what ``answers`` holds by path; ``freeze`` stops that for all calls from then on."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, answers: Mapping[str, Any]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers = {"/version": VERSION, "/_ping": "OK", **answers}
        self.frozen = threading.Event()
        self.calls: list[str] = []
        self.ended = threading.Event()

    @property
    def url(self) -> str:
        return f"tcp://127.0.0.1:{self.server_address[1]}"

    def freeze(self) -> None:
        self.frozen.set()

    def thaw(self) -> None:
        self.frozen.clear()


class _Handler(BaseHTTPRequestHandler):
    server: FakeEngine
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's
        """Write no log."""

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def _answer(self) -> None:
        path = self.path.partition("?")[0]
        path = path[6:] if path.startswith("/v1.") else path
        self.server.calls.append(path)
        if self.server.frozen.is_set():
            self.server.ended.wait()
            return
        if path == "/build":
            self._build()
            return
        found = self.server.answers.get(path)
        body = json.dumps(found if found is not None else {"message": "no such thing"}).encode()
        self.send_response(200 if found is not None else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _build(self) -> None:
        """Tell of one step, and then nothing more, as a long one does."""
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(LINE), LINE))
        self.wfile.flush()
        self.server.ended.wait()


@contextmanager
def fake_engine(answers: Mapping[str, Any]) -> Iterator[FakeEngine]:
    """Serve a made-up engine."""
    engine = FakeEngine(answers)
    thread = threading.Thread(target=engine.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield engine
    finally:
        engine.ended.set()
        engine.shutdown()
        engine.server_close()
        thread.join()
