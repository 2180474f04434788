"""Decoders for encodings that Python's standard library may lack: each is used where its package is installed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from typing import Any

# Undoes an encoding and yields what is inside, piece by piece; raises what the package raises, or EOFError for a body
# that ends too soon. No piece is larger than some dozens of megabytes, whatever the body holds.
Decoder = Callable[[bytes], Iterator[bytes]]

PACKAGES = {"br": "brotli>=1.2", "zstd": "zstandard"}
# Of zstd, a few bytes can say "so many thousand times the same": so few become 32 MiB at most.
_FED_BYTES = 1024
_PIECE_BYTES = 1024 * 1024


@cache
def decoder_of(encoding: str) -> Decoder | None:
    """Return what undoes an encoding; None where its package is missing, or too old to bound what it makes."""
    return {"br": _brotli, "zstd": _zstd}[encoding]()


def _brotli() -> Decoder | None:
    brotli = _module("brotli")
    if brotli is None or not hasattr(brotli.Decompressor, "can_accept_more_data"):
        return None

    def pieces(body: bytes) -> Iterator[bytes]:
        stream, waiting = brotli.Decompressor(), body
        while not stream.is_finished():
            piece = stream.process(waiting, output_buffer_limit=_PIECE_BYTES)
            waiting = b""
            if not piece and stream.can_accept_more_data() and not stream.is_finished():
                raise EOFError
            yield piece

    return pieces


def _zstd() -> Decoder | None:
    if (library := _module("compression.zstd")) is not None:
        return lambda body: _frames(body, library.ZstdDecompressor)
    if (package := _module("zstandard")) is not None:
        return lambda body: _frames(body, lambda: package.ZstdDecompressor().decompressobj())
    return None


def _frames(body: bytes, begin: Callable[[], Any]) -> Iterator[bytes]:
    """Yield what is in one frame after another."""
    rest = memoryview(body)
    while rest:
        frame = begin()
        while not frame.eof:
            if not rest:
                raise EOFError
            fed, rest = bytes(rest[:_FED_BYTES]), rest[_FED_BYTES:]
            yield frame.decompress(fed)
        if frame.unused_data:
            rest = memoryview(body)[len(body) - len(rest) - len(frame.unused_data) :]


def _module(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        return None
