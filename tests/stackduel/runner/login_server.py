"""A server that answers clients that have logged in: ``python login_server.py PORT FILE``.

``POST /login`` gives a new token, header and cookie each time, prints the token and appends it to FILE.
``GET /users/7`` answers who has all three, and 401 to everybody else.
"""

from __future__ import annotations

import json
import sys
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

KNOWN: set[tuple[str, str, str]] = set()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Log in with the right form."""
        form = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path != "/login" or form != b"user=ada&password=correct+horse":
            self._answer(403, b"{}")
            return
        token, csrf, sid = (uuid.uuid4().hex for _ in range(3))
        KNOWN.add((f"Bearer {token}", csrf, f"theme=dark; sid={sid}"))
        with Path(sys.argv[2]).open("a", encoding="utf-8") as file:
            file.write(f"{token}\n{csrf}\n{sid}\n")
        print(f"{token} was made", flush=True)  # noqa: T201 - into the log of the run
        body = json.dumps({"session": {"token": token, "user": 7}}).encode()
        cookies = [("Set-Cookie", "theme=dark; Path=/"), ("Set-Cookie", f"sid={sid}; Path=/; HttpOnly")]
        self._answer(200, body, [("X-CSRF", csrf), *cookies])

    def do_GET(self) -> None:
        """Answer who has logged in."""
        shown = tuple(self.headers.get(name, "") for name in ("Authorization", "X-CSRF", "Cookie"))
        right = self.path == "/health" or (self.path == "/users/7" and shown in KNOWN)
        self._answer(200 if right else 401, b'"Ada"')

    def _answer(self, status: int, body: bytes, headers: list[tuple[str, str]] | None = None) -> None:
        self.send_response(status)
        for name, value in headers or []:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Stay silent."""


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
