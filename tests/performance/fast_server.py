"""A server that is faster than any client: nginx where there is one, else a bare protocol on uvloop."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from stackduel.launch.local.ports import free_port
from stackduel.load.clock import clock
from stackduel.model.suite import Workload
from stackduel.model.target import Address
from stackduel.verify.exchange import ExchangeError, exchange

ROOT = Path(__file__).resolve().parents[2]
BODY = b'{"message": "hello, world"}\n'
WORKLOAD = Workload("/hello")
READY_WITHIN_S = 10.0
SERVER_CORE, CLIENT_CORE = 0, 1

NGINX = """
daemon off; master_process off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 1000000000;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port} backlog=1024;
    location = /hello {{ default_type application/json; return 200 '{body}'; }}
  }}
}}
"""


def on(core: int) -> list[str]:
    """The words before a command that bind it to a core; none where this machine lacks one of the two."""
    return ["taskset", "-c", str(core)] if {SERVER_CORE, CLIENT_CORE} <= os.sched_getaffinity(0) else []


@contextmanager
def serving() -> Iterator[tuple[str, Address]]:
    """The server on a core of its own: its name, and where it answers ``WORKLOAD`` with ``BODY``."""
    name = "nginx" if shutil.which("nginx") else "bare"
    address = Address("127.0.0.1", free_port())
    with tempfile.TemporaryDirectory() as folder:
        configuration = Path(folder, "nginx.conf")
        configuration.write_text(NGINX.format(folder=folder, port=address.port, body=BODY.decode()))
        nginx = ["nginx", "-p", folder, "-c", str(configuration), "-e", f"{folder}/error.log"]
        bare = [sys.executable, "-m", "tests.performance.fast_server", str(address.port)]
        process = subprocess.Popen([*on(SERVER_CORE), *(nginx if name == "nginx" else bare)], cwd=ROOT)
        try:
            _wait_for(address)
            yield name, address
        finally:
            process.terminate()
            process.wait(10)


def _wait_for(address: Address) -> None:
    deadline_s = clock() + READY_WITHIN_S
    while True:
        try:
            if exchange(address, WORKLOAD.target).body == BODY:
                return
        except ExchangeError:
            if clock() > deadline_s:
                raise


class Bare(asyncio.Protocol):
    """Answers every packet as if it were one request."""

    answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._transport.write(self.answer)


async def serve(port: int) -> None:
    """Answer until killed."""
    server = await asyncio.get_running_loop().create_server(Bare, "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    import uvloop

    uvloop.run(serve(int(sys.argv[1])))
