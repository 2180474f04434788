"""Samples on their way to Prometheus."""

from __future__ import annotations

import struct
from http.server import BaseHTTPRequestHandler

import pytest
from cramjam import snappy

from stackduel.model.errors import FieldError
from stackduel.report.metrics import remote_write
from stackduel.report.metrics.remote_write import MOST_SAMPLES, PushError, PushTarget, push, push_target
from stackduel.report.metrics.trial_samples import MetricSample
from tests.conftest import serving

SAMPLE = MetricSample("m", {"z": "1", "a": "2"}, 1.5, 300.001)


def field(number: int, content: bytes) -> bytes:
    """A field of bytes, as the encoding of Protocol Buffers has it."""
    assert len(content) < 128
    return bytes([number << 3 | 2, len(content)]) + content


def label(name: str, value: str) -> bytes:
    """One label of a series."""
    return field(1, field(1, name.encode()) + field(2, value.encode()))


def test_the_message_is_that_of_the_specification() -> None:
    """Labels are in the order of their names, the value is a double, and the time is in milliseconds."""
    taken = []

    def answer(request: BaseHTTPRequestHandler) -> tuple[int, bytes]:
        body: bytes = request.body  # type: ignore[attr-defined]
        taken.append((request.command, request.path, dict(request.headers), bytes(snappy.decompress_raw(body))))
        return 204, b""

    with serving(answer) as address:
        push(PushTarget(is_tls=False, host="127.0.0.1", port=address.port), [SAMPLE])
    [(method, path, headers, message)] = taken
    assert (method, path) == ("POST", "/api/v1/write")
    assert headers["Content-Encoding"] == "snappy"
    assert headers["Content-Type"] == "application/x-protobuf"
    assert headers["X-Prometheus-Remote-Write-Version"] == "0.1.0"
    milliseconds = b"\x10" + bytes([0xE1, 0xA7, 0x12])  # 300,001 as a varint
    sample = field(2, b"\x09" + struct.pack("<d", 1.5) + milliseconds)
    assert message == field(1, label("__name__", "m") + label("a", "2") + label("z", "1") + sample)


def test_many_samples_go_in_several_messages() -> None:
    """No request is larger than a receiver takes."""
    taken = []

    def answer(request: BaseHTTPRequestHandler) -> tuple[int, bytes]:
        taken.append(request.path)
        return 200, b""

    with serving(answer) as address:
        push(PushTarget(is_tls=False, host="127.0.0.1", port=address.port), [SAMPLE] * (2 * MOST_SAMPLES + 1))
    assert len(taken) == 3


def test_a_refusal_is_an_error_with_the_receiver_s_words() -> None:
    """A receiver's words are shown, but no escape sequence of them and no flood."""
    with serving(lambda _request: (400, b"out of \x1b[31mbounds" + b"x" * 9999)) as address:
        target = PushTarget(is_tls=False, host="127.0.0.1", port=address.port)
        with pytest.raises(PushError) as error:
            push(target, [SAMPLE])
    assert str(error.value).startswith(f"127.0.0.1:{address.port} answered 400 out of bounds")
    assert len(str(error.value)) < 300
    with pytest.raises(PushError, match="refused"):
        push(target, [SAMPLE])


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("http://127.0.0.1:9090", PushTarget(is_tls=False, host="127.0.0.1", port=9090)),
        ("http://127.0.0.1:9090/", PushTarget(is_tls=False, host="127.0.0.1", port=9090)),
        ("https://x.example/api/v1/push", PushTarget(is_tls=True, host="x.example", port=443, path="/api/v1/push")),
        ("http://[::1]:9", PushTarget(is_tls=False, host="::1", port=9)),
    ],
)
def test_a_url_is_a_target(url: str, target: PushTarget) -> None:
    """A receiver that has another path than Prometheus is named with it."""
    assert push_target(url) == target


@pytest.mark.parametrize(
    "url",
    ["", "127.0.0.1:9090", "ftp://x", "http://", "http://x:99999", "http://x?a=b", "http://u:p@x", "http://x/a b"],
)
def test_a_bad_url_is_refused(url: str) -> None:
    """The error names the option; a password is not taken, because the command is stored."""
    with pytest.raises(FieldError, match=r"^--push: must "):
        push_target(url)


@pytest.mark.parametrize("name", ["cramjam", "google.protobuf"])
def test_a_missing_extra_is_refused_with_its_remedy(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is measured, not after the first trial."""

    def find_spec(wanted: str) -> object:
        if wanted == name:
            raise ModuleNotFoundError(wanted)
        return object()

    monkeypatch.setattr(remote_write, "find_spec", find_spec)
    with pytest.raises(FieldError, match=rf"^--push: {name} is not installed: pip install 'stackduel\[push\]'$"):
        push_target("http://127.0.0.1:9090")
