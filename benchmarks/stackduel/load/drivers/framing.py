"""Where an answer ends when its server just closes the connection."""

from __future__ import annotations

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser


def ends_with_the_connection(start: bytes | bytearray) -> bool:
    """Whether an answer that starts so is complete once its connection was closed (RFC 9112, 6.3, rule 8).

    True where the head is whole and gives the body no length. ``start`` reaches at least to the end of the
    head, if that came; interim answers may stand before it.
    """
    head = _Head()
    try:
        HttpResponseParser(head).feed_data(start)
    except (HttpParserError, HttpParserUpgrade):
        return False
    return head.complete and not head.delimited


class _Head:
    """The framing of the last head that the parser read."""

    def __init__(self) -> None:
        self.complete = False
        self.delimited = False

    def on_message_begin(self) -> None:
        self.complete = self.delimited = False

    def on_header(self, name: bytes, _value: bytes) -> None:
        self.delimited |= name.lower() in {b"content-length", b"transfer-encoding"}

    def on_headers_complete(self) -> None:
        self.complete = True

    def on_message_complete(self) -> None:
        # An interim answer, as any other that is complete by itself was not left open.
        self.complete = False
