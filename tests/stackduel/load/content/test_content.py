"""Bodies read as what they say."""

from __future__ import annotations

import gzip
import json
import sys
import zlib
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from stackduel.load.content.content import Content, kind_of, read_content
from stackduel.load.content.decoding import MAX_DECODED_BYTES, DecodingError, decode, why_unknown
from stackduel.load.content.optional_decoders import decoder_of
from stackduel.model.expected_content import ContentKind

JSON = "application/json"


@pytest.mark.parametrize(
    ("body", "media_type", "kind", "value"),
    [
        (b'{"a": "\\u00e9", "b": 1.0}', JSON, "json", {"b": 1, "a": "é"}),
        (b" [1, 2]", "", "json", [1, 2]),
        (b"3", "application/problem+json; charset=utf-8", "json", 3),
        (b"3", "text/plain", "text", ["3"]),
        (b'{"id": 1}\n{"id": 2}\n', JSON, "json lines", [{"id": 1}, {"id": 2}]),
        (b'{"id": 1', JSON, "text", ['{"id": 1']),
        (b"[" * 100_000, JSON, "text", ["[" * 100_000]),
        (b"<p>\n</p>", "text/html", "text", ["<p>\n", "</p>"]),
        (b"", "", "text", []),
        (b"\xff\xd8\xff", "image/jpeg", "binary", b"\xff\xd8\xff"),
    ],
)
def test_a_body_is_read_as_what_it_is(body: bytes, media_type: str, kind: ContentKind, value: object) -> None:
    """JSON by its type or its look, lines of JSON, lines of text, and bytes."""
    assert read_content(body, "", media_type) == Content(kind, value)


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        pytest.param("gzip", gzip.compress(b"[1]"), id="gzip"),
        pytest.param("GZIP", gzip.compress(b"[") + gzip.compress(b"1]"), id="members of gzip"),
        pytest.param("deflate", zlib.compress(b"[1]"), id="deflate"),
        pytest.param("deflate", zlib.compress(b"[1]")[2:-4], id="raw deflate"),
        pytest.param("deflate, gzip", gzip.compress(zlib.compress(b"[1]")), id="one in the other"),
        pytest.param("identity", b"[1]", id="identity"),
    ],
)
def test_an_encoding_is_undone(encoding: str, body: bytes) -> None:
    """In all its forms, so that two servers that compress differently agree."""
    assert read_content(body, encoding, JSON) == Content("json", [1])


def test_of_an_unknown_encoding_the_bytes_remain() -> None:
    """They can still be compared byte for byte."""
    assert read_content(b"[1]", "pack200-gzip", JSON) == Content("binary", b"[1]")
    assert why_unknown("gzip, pack200-gzip") == "its encoding 'pack200-gzip' cannot be undone here"
    assert why_unknown("gzip, identity") is None


@pytest.fixture
def without_packages(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As if no package for br and zstd were installed."""
    for name in ("brotli", "zstandard", "compression.zstd"):
        monkeypatch.setitem(sys.modules, name, None)
    decoder_of.cache_clear()
    yield
    decoder_of.cache_clear()


@pytest.mark.usefixtures("without_packages")
@pytest.mark.parametrize(("encoding", "package"), [("br", "brotli>=1.2"), ("zstd", "zstandard")])
def test_a_missing_package_is_named(encoding: str, package: str) -> None:
    """The bytes remain, and a sentence says what would undo them."""
    assert read_content(b"[1]", encoding, JSON) == Content("binary", b"[1]")
    assert why_unknown(encoding) == (
        f"its encoding {encoding} cannot be undone without {package} (pip install '{package}')"
    )


def test_a_brotli_that_bounds_nothing_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before 1.2 one call could fill the memory."""
    monkeypatch.setitem(sys.modules, "brotli", SimpleNamespace(Decompressor=type("Decompressor", (), {})))
    decoder_of.cache_clear()
    assert why_unknown("br") is not None
    decoder_of.cache_clear()


def compressed(encoding: str, body: bytes) -> bytes:
    """A body in an encoding whose package is installed; the test is skipped where it is not."""
    if encoding == "br":
        made: bytes = pytest.importorskip("brotli").compress(body, quality=1)
    else:
        made = pytest.importorskip("zstandard").compress(body)
    return made


@pytest.mark.parametrize("encoding", ["br", "zstd"])
class TestOptionalEncodings:
    """br and zstd, where they can be undone."""

    def test_it_is_undone(self, encoding: str) -> None:
        """In one piece or many, and below another encoding."""
        long = json.dumps(list(range(100_000))).encode()
        assert read_content(compressed(encoding, b"[1]"), encoding, JSON) == Content("json", [1])
        assert decode(gzip.compress(compressed(encoding, long)), f"{encoding}, gzip") == long
        assert decode(b"", encoding) == b""
        assert why_unknown(encoding) is None

    def test_what_is_not_encoded_so_is_an_error(self, encoding: str) -> None:
        """Wherever it is cut, and whatever follows it."""
        whole = compressed(encoding, b"[1, 2, 3]" * 9)
        for body in (*(whole[:end] for end in range(1, len(whole))), whole + b"rest", b"[1]"):
            with pytest.raises(DecodingError, match=f"its head says {encoding}, and its body is not"):
                decode(body, encoding)

    def test_a_bomb_is_an_error(self, encoding: str) -> None:
        """Some hundred bytes that become hundreds of megabytes are given up in time."""
        with pytest.raises(DecodingError, match="without its encoding"):
            decode(compressed(encoding, bytes(MAX_DECODED_BYTES + 1)), encoding)


def test_frames_of_zstd_follow_each_other() -> None:
    """As members of gzip do, also many of them in few bytes."""
    small = compressed("zstd", b"a")
    large = compressed("zstd", bytes(range(256)) * 4000)
    assert decode(small * 300 + large + small, "zstd") == b"a" * 300 + bytes(range(256)) * 4000 + b"a"


@pytest.mark.parametrize(
    "body", [b"[1]", gzip.compress(b"[1]")[:-3], b"\x1f\x8b"], ids=["not encoded", "cut off", "only the magic number"]
)
def test_what_is_not_encoded_as_it_says_is_an_error(body: bytes) -> None:
    """It would be one to every client."""
    with pytest.raises(DecodingError, match="its head says gzip, and its body is not"):
        read_content(body, "gzip", JSON)


def test_a_bomb_is_an_error() -> None:
    """A few kilobytes that become gigabytes are not unpacked."""
    with pytest.raises(DecodingError, match="without its encoding"):
        read_content(gzip.compress(bytes(MAX_DECODED_BYTES + 1)), "gzip", JSON)


def test_thousands_of_encodings_are_an_error() -> None:
    """A head can name more of them than could ever be undone in time."""
    with pytest.raises(DecodingError, match="its head says 5000 encodings, where at most 4"):
        decode(gzip.compress(b"[1]"), ",".join(["gzip"] * 5000))


def test_every_value_of_json_has_a_kind() -> None:
    """True is no number."""
    values: list[object] = [None, True, 1, 1.5, "", [], {}]
    assert [kind_of(value) for value in values] == [
        "null", "boolean", "number", "number", "string", "array", "object",
    ]  # fmt: skip
