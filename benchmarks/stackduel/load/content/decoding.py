"""Bodies without their Content-Encoding."""

from __future__ import annotations

import zlib

from stackduel.load.content.optional_decoders import PACKAGES, Decoder, decoder_of

MAX_DECODED_BYTES = 64 * 1024 * 1024
# Each may make megabytes of bytes, and a head has room for thousands of names.
MOST_ENCODINGS = 4

# By encoding, how zlib is told its format: the second reads bare deflate, which some servers send.
_WINDOWS = {"gzip": (31,), "x-gzip": (31,), "deflate": (15, -15)}


class DecodingError(ValueError):
    """A body that is not encoded as its head says; the message says how."""


class UnknownEncodingError(DecodingError):
    """An encoding that nothing here can undo; the message says what could."""


def decode(body: bytes, encoding: str) -> bytes:
    """Undo a Content-Encoding; raises DecodingError where that is not possible."""
    names = _names(encoding)
    if len(names) > MOST_ENCODINGS:
        raise DecodingError(f"its head says {len(names)} encodings, where at most {MOST_ENCODINGS} are undone")
    for name in names:
        if name in _WINDOWS:
            body = _inflate(body, name)
        elif not body:
            break
        elif (decoder := decoder_of(name) if name in PACKAGES else None) is not None:
            body = _joined(decoder, body, name)
        else:
            raise UnknownEncodingError(_why_unknown(name))
    return body


def why_unknown(encoding: str) -> str | None:
    """Return why the bytes of a Content-Encoding are compared as they are; None where it can be undone."""
    unknown = (name for name in _names(encoding) if name not in _WINDOWS)
    return next((_why_unknown(name) for name in unknown if name not in PACKAGES or decoder_of(name) is None), None)


def _names(encoding: str) -> list[str]:
    """Return the encodings of a body, the last one first: the way back."""
    named = [each.strip().lower() for each in encoding.split(",")]
    return [name for name in reversed(named) if name not in {"", "identity"}]


def _why_unknown(name: str) -> str:
    if name not in PACKAGES:
        return f"its encoding {name[:40]!r} cannot be undone here"
    package = PACKAGES[name]
    return f"its encoding {name} cannot be undone without {package} (pip install '{package}')"


def _joined(decoder: Decoder, body: bytes, name: str) -> bytes:
    pieces, left = [], MAX_DECODED_BYTES
    try:
        for piece in decoder(body):
            pieces.append(piece)
            left -= len(piece)
            if left < 0:
                break
    except Exception as error:  # each package has an error of its own
        raise DecodingError(f"its head says {name}, and its body is not") from error
    if left < 0:
        raise _too_large()
    return b"".join(pieces)


def _too_large() -> DecodingError:
    return DecodingError(f"its body is over {MAX_DECODED_BYTES} bytes without its encoding")


def _inflate(body: bytes, name: str) -> bytes:
    for window in _WINDOWS[name]:
        try:
            return _members(body, window)
        except zlib.error:
            continue
    raise DecodingError(f"its head says {name}, and its body is not")


def _members(body: bytes, window: int) -> bytes:
    """Undo one member after another: a gzip file may have several; raises zlib.error."""
    pieces, left = [], MAX_DECODED_BYTES
    while body:
        member = zlib.decompressobj(window)
        pieces.append(member.decompress(body, left + 1))
        left -= len(pieces[-1])
        if left < 0:
            raise _too_large()
        if not member.eof:
            raise zlib.error("incomplete")
        body = member.unused_data
    return b"".join(pieces)
