"""Streams as a connection would have read them, made by hand."""

from __future__ import annotations

from collections.abc import Sequence

from stackduel.load.streams.stream_reads import StreamReads


def event(number: int, due_ns: int = 0, made_ns: int = 0) -> bytes:
    """An event by a timetable."""
    return b'id: %d\ndata: {"due_ns":%d,"made_ns":%d,"pad":"xx"}\n\n' % (number, due_ns, made_ns)


def reads_of(pieces: Sequence[tuple[float, bytes]], *, sent_s: float = 0.0, zero_s: float | None = None) -> StreamReads:
    """A stream of which each piece was read at its moment, after a head that came with the first of them."""
    reads = StreamReads(0, sent_s, sent_s, [])
    reads.first_s = pieces[0][0]
    reads.has_begun = True
    reads.zero_s = zero_s
    for moment_s, piece in pieces:
        reads.note(moment_s)
        if piece:
            reads.pieces.append(piece)
        reads.taken += len(piece)
    return reads
