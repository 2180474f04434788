"""HdrHistogram's V2 interchange format, for the one layout that is used here.

The counts of all buckets in order, each run of empty ones as its negative length, as ZigZag LEB128 numbers,
behind a header that names the layout; deflated, behind a second header; in base64.
"""

from __future__ import annotations

import base64
import binascii
import struct
import zlib

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]

SIGNIFICANT_DIGITS = 3
LOWEST_VALUE = 1

_COOKIE = 0x1C849303 | 0x10
_COMPRESSED_COOKIE = 0x1C849304 | 0x10
_HEADER = struct.Struct(">iiiiqqd")
_COMPRESSED_HEADER = struct.Struct(">ii")
# A count for each of the 33,000 buckets takes less than a third of that.
_MOST_BYTES = 1_000_000
_SEPTETS = 8  # of a LEB128 number: room for counts up to 2**55


def encode(first: int, counts: Integers, highest_value: int) -> str:
    """Return the text of a histogram whose bucket ``first + i`` holds ``counts[i]`` values, up to ``highest_value``."""
    payload = _to_leb128(_to_zigzag(_to_runs(first, counts)))
    header = _HEADER.pack(_COOKIE, len(payload), 0, SIGNIFICANT_DIGITS, LOWEST_VALUE, highest_value, 1.0)
    deflated = zlib.compress(header + payload)
    return base64.b64encode(_COMPRESSED_HEADER.pack(_COMPRESSED_COOKIE, len(deflated)) + deflated).decode()


def decode(text: str) -> tuple[Integers, Integers]:
    """Return the indices of the filled buckets, ascending, and their counts.

    Raises ValueError on anything but the V2 compressed form of the layout with 3 digits from 1 upwards.
    """
    runs = _from_zigzag(_from_leb128(_payload(text)))
    steps = np.where(runs < 0, -runs, 1)
    filled = runs > 0
    return (np.cumsum(steps) - steps)[filled], runs[filled]


def _payload(text: str) -> bytes:
    """Return the bytes of the counts, after a check of both headers."""
    try:
        data = base64.b64decode(text, validate=True)
        outer_cookie, size = _COMPRESSED_HEADER.unpack_from(data)
        body = _inflated(data[_COMPRESSED_HEADER.size : _COMPRESSED_HEADER.size + size])
        cookie, length, offset, digits, lowest, _highest, _ratio = _HEADER.unpack_from(body)
    except (binascii.Error, struct.error, zlib.error) as error:
        raise ValueError(f"not an encoded histogram: {error}") from error
    if (outer_cookie, cookie) != (_COMPRESSED_COOKIE, _COOKIE):
        raise ValueError("not a histogram in HdrHistogram's V2 compressed form")
    if (offset, digits, lowest) != (0, SIGNIFICANT_DIGITS, LOWEST_VALUE):
        raise ValueError("a histogram of another layout")
    if len(body) != _HEADER.size + length:
        raise ValueError("a histogram cut short")
    return body[_HEADER.size :]


def _inflated(data: bytes) -> bytes:
    """Return the inflated bytes; raise ValueError if they exceed any histogram, or the stream ends early."""
    inflater = zlib.decompressobj()
    body = inflater.decompress(data, _MOST_BYTES)
    if inflater.unconsumed_tail:
        raise ValueError(f"a histogram of more than {_MOST_BYTES} bytes")
    if not inflater.eof:
        raise ValueError("a histogram cut short")
    return body


def _to_runs(first: int, counts: Integers) -> Integers:
    """Return the counts of all buckets from 0, each run of empty ones as its negative length."""
    indices = np.flatnonzero(counts)
    gaps = np.diff(indices + first, prepend=-1) - 1
    listed = np.stack((-gaps, counts[indices]), axis=1).ravel()
    runs: Integers = listed[listed != 0]
    return runs


def _to_zigzag(numbers: Integers) -> Integers:
    return (numbers << 1) ^ (numbers >> 63)


def _from_zigzag(numbers: Integers) -> Integers:
    return (numbers >> 1) ^ -(numbers & 1)


def _to_leb128(numbers: Integers) -> bytes:
    """Each number in groups of 7 bits, lowest first, every group but its last marked by the eighth bit."""
    place = np.arange(_SEPTETS)
    septets = (numbers[:, None] >> (7 * place)) & 0x7F
    last = np.where(septets, place, 0).max(axis=1, initial=0)[:, None]
    octets: Integers = (septets | np.where(place < last, 0x80, 0))[place <= last]
    return octets.astype(np.uint8).tobytes()


def _from_leb128(data: bytes) -> Integers:
    octets = np.frombuffer(data, np.uint8).astype(np.int64)
    if not octets.size:
        return octets
    if octets[-1] >= 0x80:
        raise ValueError("a histogram cut short")
    starts = np.concatenate(([0], np.flatnonzero(octets < 0x80)[:-1] + 1))
    lengths = np.diff(starts, append=octets.size)
    if int(lengths.max()) > _SEPTETS:
        raise ValueError("a histogram with counts above 2**55")
    place = np.arange(octets.size) - np.repeat(starts, lengths)
    numbers: Integers = np.add.reduceat((octets & 0x7F) << (7 * place), starts)
    return numbers
