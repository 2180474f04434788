"""Bodies as bytes."""

from __future__ import annotations

import json

from stackduel_servers.core import answers
from stackduel_servers.core.errors import HttpError, of_status
from stackduel_servers.core.payloads import catalogue


def test_bodies_are_compact_utf_8() -> None:
    """Bodies have no blanks between tokens, and text is not escaped."""
    body = answers.items(10).body
    assert b", " not in body
    assert b'": ' not in body
    assert "käse".encode() in body
    assert json.loads(body)["items"] == catalogue(10)


def test_the_catalogue_is_the_same_each_time() -> None:
    """The n-th product is the same in every list."""
    assert catalogue(50)[:7] == catalogue(7)
    assert len({product["sku"] for product in catalogue(500)}) == 500
    assert catalogue(0) == []


def test_small_delays_are_told_without_an_exponent() -> None:
    """Encoders disagree on how to write 1e-05, so no body holds such a number."""
    assert answers.slow_io(0.00001).body == b'{"endpoint":"slow-io","delay_s":0.0}'
    assert answers.slow_io(0.00016).body == b'{"endpoint":"slow-io","delay_s":0.0002}'
    assert answers.io_test(0.1, 3, 3).body == b'{"endpoint":"io-test","delay_s":0.1,"concurrent":3,"succeeded":3}'


def test_errors() -> None:
    """An error's answer has its status, its sentence and its headers."""
    assert answers.failure(HttpError(503, "full", (("Retry-After", "1"),))) == answers.Answer(
        503, b'{"error":"full"}', (("Retry-After", "1"),)
    )
    assert answers.failure(of_status(405)).headers == (("Allow", "GET, HEAD"),)
    assert answers.failure(of_status(413)).body == b'{"error":"body must be at most 50000000 bytes"}'
    assert answers.failure(of_status(418)).body == b'{"error":"refused with status 418"}'
