"""A server that looks for its database: it answers with what it found at DATABASE_URL."""

from __future__ import annotations

import json
import os
import socket
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

# A driver's request whether the server speaks TLS: eight bytes, answered by N or S.
ASKS_FOR_TLS = bytes.fromhex("0000000804d2162f")


class Handler(BaseHTTPRequestHandler):
    """Answers every GET alike."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Ask the database whether it speaks TLS."""
        url = urlsplit(os.environ["DATABASE_URL"])
        with socket.create_connection((url.hostname, url.port), 10) as connection:
            connection.sendall(ASKS_FOR_TLS)
            told = connection.recv(1).decode()
        body = json.dumps({"scheme": url.scheme, "name": url.path, "tls": told}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
        """Write the URL, as a careless application does."""
        sys.stderr.write(f"asked {os.environ['DATABASE_URL']}\n")


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(os.environ["DATABASE_URL"])
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
