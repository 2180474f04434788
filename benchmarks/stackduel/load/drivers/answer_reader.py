"""Reads one whole answer with the parser and within the limits of the raw client."""

from __future__ import annotations

from httptools import HttpParserCallbackError, HttpParserError, HttpParserUpgrade, HttpResponseParser

from stackduel.load.drivers.connection import MAX_BODY_BYTES, MAX_HEAD_BYTES
from stackduel.model.measurement import Outcome


class AnswerError(Exception):
    """No right answer can come of what was received: ``outcome`` is what a load would count."""

    def __init__(self, message: str, outcome: Outcome) -> None:
        super().__init__(message)
        self.outcome = outcome


class AnswerReader:
    """Takes what arrives on a connection until the answer to its only request is whole.

    ``status``, ``headers`` and ``body`` are those of the answer; interim ones are passed over. The answer to HEAD has
    no body, whatever its head says: ``head_only``.
    """

    def __init__(self, *, head_only: bool = False) -> None:
        self.complete = False
        self.status = 0
        self.headers: list[tuple[str, str]] = []
        self._head_only = head_only
        self._parser = HttpResponseParser(self)
        self._pieces: list[bytes] = []
        self._in_head = True
        self._delimited = False
        self._seen_bytes = 0
        self._body_bytes = 0
        self._bytes_since_piece = 0

    @property
    def body(self) -> bytes:
        """The body, as far as it came."""
        return b"".join(self._pieces)

    @property
    def progress(self) -> str:
        """The part that arrived so far, in a few words."""
        if not self._seen_bytes:
            return "nothing came"
        if self._body_bytes:
            return f"{self._body_bytes:,} bytes of a body came"
        return f"{self._seen_bytes:,} bytes came, and no whole answer"

    def feed(self, data: bytes) -> None:
        """Take what came; raises AnswerError for what is no HTTP answer, or one beyond the limits."""
        self._seen_bytes += len(data)
        self._bytes_since_piece += len(data)
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade as error:
            raise AnswerError("it answered with another protocol (101)", Outcome.PROTOCOL) from error
        except HttpParserCallbackError as error:
            if isinstance(error.__context__, AnswerError):
                raise error.__context__ from None
            raise
        except HttpParserError as error:
            raise AnswerError(_in_words(str(error)), Outcome.PROTOCOL) from error
        if self.complete:
            return
        if self._body_bytes > MAX_BODY_BYTES:
            raise AnswerError(f"the body is over {MAX_BODY_BYTES} bytes", Outcome.TOO_LARGE)
        if self._bytes_since_piece > MAX_HEAD_BYTES:
            raise AnswerError(f"the head or the trailers are over {MAX_HEAD_BYTES} bytes", Outcome.TOO_LARGE)

    def end(self, *, clean: bool) -> None:
        """Take the end of the connection; raises AnswerError where it does not end the answer (RFC 9112, 6.3)."""
        if not self._seen_bytes:
            raise AnswerError("the server closed the connection without an answer", Outcome.RESET)
        if not clean or self._in_head or self._delimited:
            raise AnswerError("the server closed the connection in the middle of its answer", Outcome.TRUNCATED)
        self.complete = True

    def on_message_begin(self) -> None:
        """Begin an answer; raises AnswerError if there was one already."""
        if self.complete:
            raise AnswerError("two answers came to one request", Outcome.PROTOCOL)
        self.headers.clear()
        self._in_head, self._delimited = True, False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header; those behind the body are passed over."""
        if self._in_head:
            self.headers.append((name.decode("latin-1"), value.decode("latin-1")))
            self._delimited |= name.lower() in {b"content-length", b"transfer-encoding"}

    def on_headers_complete(self) -> None:
        """Note the status, and that what follows is the body."""
        self._in_head = False
        self.status = self._parser.get_status_code()
        if self._head_only and self.status >= 200:
            self.complete = True

    def on_body(self, piece: bytes) -> None:
        """Keep a piece of the body."""
        if not self._head_only:
            self._pieces.append(piece)
            self._body_bytes += len(piece)
            self._bytes_since_piece = 0

    def on_message_complete(self) -> None:
        """Note that the answer is whole, unless it was an interim one."""
        self.complete = self.complete or self.status >= 200


def _in_words(said: str) -> str:
    """Return in plain words what the parser has ``said`` of an answer, with its own words where they say more."""
    if said.startswith("Expected HTTP/"):
        return "its answer is not HTTP: it does not begin with HTTP/1.0 or HTTP/1.1"
    return f"its answer breaks the rules of HTTP/1.1 ({said[:1].lower()}{said[1:]})"
