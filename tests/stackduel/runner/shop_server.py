"""A store and a shop that needs it: ``python shop_server.py store PORT FOLDER`` and ``... shop PORT STORE_PORT``.

The store writes its process id into FOLDER, and is not ready for a moment. The shop answers what the store says, and
503 without it.
"""

from __future__ import annotations

import os
import sys
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Store(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Say what is in store."""
        self.answer(200, b"42 lamps")

    def answer(self, status: int, body: bytes) -> None:
        """Send an answer."""
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Stay silent."""


class Shop(Store):
    def do_GET(self) -> None:
        """Ask the store."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[3]}/", timeout=5) as answer:
                self.answer(200, answer.read())
        except OSError:
            self.answer(503, b"closed")


if __name__ == "__main__":
    if sys.argv[1] == "store":
        (Path(sys.argv[3]) / str(os.getpid())).touch()
        time.sleep(0.3)
    handler = Store if sys.argv[1] == "store" else Shop
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), handler).serve_forever()
