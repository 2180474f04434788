"""TLS and unix sockets of stacks of the user's own: what is read, and what is refused."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import pytest

from stackduel.model.errors import FieldError
from stackduel.model.stack import Command, Stack, Url
from stackduel.model.target import Address
from stackduel.planning.stacks_file import parse_own_file

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no unix sockets")


def stack(folder: Path, table: str) -> Stack:
    document = tomllib.loads(f"[stacks.it]\n{table}")
    return parse_own_file("mine.toml", document, folder, {}).stacks["it"]


def test_a_unix_socket_is_a_url_or_filled_in(tmp_path: Path) -> None:
    """Of a URL the path is relative to the file; requests to it are for localhost."""
    there = stack(tmp_path, 'url = "unix:run/app.sock"').source
    assert isinstance(there, Url)
    assert there.address.url == f"unix:{tmp_path}/run/app.sock"
    assert (there.address.base, there.address.host_header) == ("http://localhost", "localhost")
    here = stack(tmp_path, 'command = "serve --bind unix:{socket}"').source
    assert isinstance(here, Command)
    assert here.uses_socket


def test_whose_certificates_are_believed_is_part_of_each_address(tmp_path: Path) -> None:
    """Of a command as of an image; without the keys nothing changes."""
    command = stack(tmp_path, 'command = "serve {port}"\ntls = true\ntls_verify = false')
    assert command.asked.tls
    assert not command.asked.trust.verified
    assert stack(tmp_path, 'command = "serve {port}"').asked == Address("", 0, authority="localhost")


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ('url = "http://h:1"\ntls = true', "tls: only beside command and image; write https:// into the url"),
        ('url = "http://h:1"\nca_file = "a"', "ca_file: only beside an https:// url"),
        ('command = "s {port}"\ntls_verify = false', "tls_verify: only beside tls = true"),
        ('url = "https://h:1"\nca_file = "absent"', "ca_file: .*absent cannot be read"),
        ('url = "https://h:1"\nca_file = "empty"', "ca_file: .*empty holds no certificates in the PEM format"),
        (
            'url = "https://h:1"\nca_file = "empty"\ntls_verify = false',
            "ca_file: says nothing where tls_verify = false",
        ),
        ('url = "https://h:1"\nprotocol = "kserve-grpc"\ntls_verify = false', "tls_verify: gRPC always checks"),
        ('command = "s {socket}"\ntls = true', "tls: not on a unix socket"),
        ('command = "s {port} {socket}"', "command: each start has another port"),
        ('url = "unix:"', "url: a unix socket is unix:PATH"),
        (f'url = "unix:/{"a" * 107}"', "url: a unix socket is unix:PATH, with a path of at most 107 bytes"),
    ],
)
def test_what_does_not_fit_is_told_with_its_field(tmp_path: Path, table: str, told: str) -> None:
    """Before anything is started."""
    (tmp_path / "empty").touch()
    with pytest.raises(FieldError, match=f"mine.toml: stacks.it: {told}"):
        stack(tmp_path, table)
