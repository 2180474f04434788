"""Samples pushed to Prometheus by remote write, version 1: a message of Protocol Buffers, compressed with Snappy.

Source: "Prometheus Remote-Write Specification 1.0" (prometheus.io/docs/specs/prw/remote_write_spec).
"""

from __future__ import annotations

import http.client
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from stackduel.model.errors import FieldError
from stackduel.model.visible_text import visible
from stackduel.report.metrics.trial_samples import MetricSample

PATH = "/api/v1/write"
TIMEOUT_S = 5.0
# In one request; Prometheus takes thousands, and an answer must come within the time between two trials.
MOST_SAMPLES = 1000
SHOWN_CHARACTERS = 200
HEADERS = {
    "Content-Type": "application/x-protobuf",
    "Content-Encoding": "snappy",
    "X-Prometheus-Remote-Write-Version": "0.1.0",
    "User-Agent": "stackduel",
}


class PushError(Exception):
    """The samples were not taken; the message says by whom and why."""


@dataclass(frozen=True, slots=True)
class PushTarget:
    """Where samples are pushed to."""

    is_tls: bool
    host: str
    port: int
    path: str = PATH

    @property
    def address(self) -> str:
        """How it is called in messages."""
        return f"{self.host}:{self.port}"


def push_target(url: str) -> PushTarget:
    """Return the target of ``--push``; raises FieldError for another kind of URL, or if the extra is not installed."""
    bound = "--push: must be http://HOST[:PORT] of a Prometheus, or with the path of another receiver"
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise FieldError(f"{bound}, not {url!r}") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise FieldError(f"{bound}, not {url!r}")
    if parts.username is not None or parts.password is not None:
        raise FieldError("--push: must hold no user and no password: they would be shown and stored")
    if not url.isascii() or not url.isprintable() or " " in url:
        raise FieldError("--push: must be of printable ASCII characters without blanks")
    missing = [name for name in ("cramjam", "google.protobuf") if not _is_installed(name)]
    if missing:
        raise FieldError(f"--push: {missing[0]} is not installed: pip install 'stackduel[push]'")
    return PushTarget(parts.scheme == "https", parts.hostname, port, parts.path if parts.path.strip("/") else PATH)


def push(target: PushTarget, samples: Iterable[MetricSample]) -> None:
    """Send all samples; raises PushError, and some of them may have been taken then."""
    left = list(samples)
    while left:
        _send(target, _compressed(_message(left[:MOST_SAMPLES])))
        del left[:MOST_SAMPLES]


def _send(target: PushTarget, body: bytes) -> None:
    kind = http.client.HTTPSConnection if target.is_tls else http.client.HTTPConnection
    connection = kind(target.host, target.port, timeout=TIMEOUT_S)
    try:
        connection.request("POST", target.path, body, HEADERS)
        answer = connection.getresponse()
        said = visible(answer.read(SHOWN_CHARACTERS).decode(errors="replace")).strip()
    except (OSError, http.client.HTTPException) as error:
        raise PushError(f"{target.address}: {error or type(error).__name__}") from error
    finally:
        connection.close()
    if not 200 <= answer.status < 300:
        raise PushError(f"{target.address} answered {answer.status} {said}".rstrip())


def _message(samples: Iterable[MetricSample]) -> bytes:
    request = _write_request()()
    for sample in samples:
        series = request.timeseries.add()
        # The specification has labels in the order of their names.
        for name, value in sorted({"__name__": sample.name, **sample.labels}.items()):
            series.labels.add(name=name, value=value)
        series.samples.add(value=sample.value, timestamp=round(sample.at_s * 1000))
    message: bytes = request.SerializeToString()
    return message


def _compressed(message: bytes) -> bytes:
    from cramjam import snappy  # noqa: PLC0415 - of an extra

    return bytes(snappy.compress_raw(message))


@cache
def _write_request() -> Any:
    """Return the class of ``prometheus.WriteRequest``, described as the specification does: as much as is sent."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory  # noqa: PLC0415 - of an extra

    file = descriptor_pb2.FileDescriptorProto(name="remote.proto", package="prometheus", syntax="proto3")
    field = descriptor_pb2.FieldDescriptorProto
    one, many = field.LABEL_OPTIONAL, field.LABEL_REPEATED
    for name, fields in {
        "Label": (("name", 1, field.TYPE_STRING, one, None), ("value", 2, field.TYPE_STRING, one, None)),
        "Sample": (("value", 1, field.TYPE_DOUBLE, one, None), ("timestamp", 2, field.TYPE_INT64, one, None)),
        "TimeSeries": (
            ("labels", 1, field.TYPE_MESSAGE, many, ".prometheus.Label"),
            ("samples", 2, field.TYPE_MESSAGE, many, ".prometheus.Sample"),
        ),
        "WriteRequest": (("timeseries", 1, field.TYPE_MESSAGE, many, ".prometheus.TimeSeries"),),
    }.items():
        described = file.message_type.add(name=name)
        for field_name, number, kind, label, of in fields:
            described.field.add(name=field_name, number=number, type=kind, label=label, type_name=of)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("prometheus.WriteRequest"))


def _is_installed(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False
