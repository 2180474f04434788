"""How a stack of the user's own is reached: over TLS and whose certificates are believed, or on a unix socket."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

from stackduel.model.errors import FieldError
from stackduel.model.stack import Command, StackSource, Url
from stackduel.model.target import Address, Trust
from stackduel.planning.fields import Fields
from stackduel.planning.limited_file import read_limited

UNIX = "unix:"
MAX_CA_BYTES = 1_000_000
# sun_path without its end (unix(7)).
MOST_PATH_BYTES = 107


def parse_tls(fields: Fields, source: StackSource, protocol: str) -> tuple[bool, Trust]:
    """Take ``tls``, ``ca_file`` and ``tls_verify`` out of ``fields``; raises FieldError where they do not fit."""
    tls = fields.choice("tls", (True, False), default=False)
    verified = fields.choice("tls_verify", (True, False), default=True)
    file = fields.text("ca_file", default="")
    over_tls = source.address.tls if isinstance(source, Url) else tls
    for key in ("ca_file", "tls_verify"):
        if fields.given(key) and not over_tls:
            beside = "an https:// url" if isinstance(source, Url) else "tls = true"
            raise FieldError(f"{fields.where}: {key}: only beside {beside}")
    if tls and isinstance(source, Command) and source.uses_socket:
        raise FieldError(f"{fields.where}: tls: not on a unix socket")
    if file and not verified:
        raise FieldError(f"{fields.where}: ca_file: says nothing where tls_verify = false")
    if not verified and protocol == "kserve-grpc":
        raise FieldError(f"{fields.where}: tls_verify: gRPC always checks certificates; ca_file names whom to believe")
    return tls, Trust(_authorities(f"{fields.where}: ca_file", fields.folder / file) if file else "", verified)


def parse_socket(where: str, url: str, folder: Path) -> Address:
    """Read ``unix:/run/app.sock``, relative to ``folder``; raises FieldError."""
    path = str((folder / url.removeprefix(UNIX)).absolute())
    if not url.removeprefix(UNIX) or len(path.encode()) > MOST_PATH_BYTES or "\0" in path:
        raise FieldError(f"{where}: url: a unix socket is unix:PATH, with a path of at most {MOST_PATH_BYTES} bytes")
    refuse_without_sockets(f"{where}: url")
    return Address("localhost", 0, socket=path)


def refuse_without_sockets(where: str) -> None:
    """Raise FieldError on a system without unix sockets."""
    if not hasattr(socket, "AF_UNIX"):
        raise FieldError(f"{where}: this system has no unix sockets")


def _authorities(where: str, path: Path) -> str:
    """Return the certificates in a file as PEM; raises FieldError where there are none."""
    content = read_limited(where, path, MAX_CA_BYTES)
    try:
        text = content.decode("ascii")
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=text)
    except (ValueError, ssl.SSLError) as error:
        raise FieldError(f"{where}: {path} holds no certificates in the PEM format") from error
    return text
