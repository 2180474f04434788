"""The errors a client can see: one status and one sentence each, the same from every stack."""

from __future__ import annotations

from stackduel_servers.core.limits import limits

ALLOWED_METHODS = "GET, HEAD"
BUSY_RETRY_S = 1

_SENTENCES = {
    404: "not found",
    405: "method not allowed: only GET and HEAD",
    500: "internal server error",
}


class HttpError(Exception):
    """An answer other than success: its status, the sentence of its body, and its extra headers."""

    def __init__(self, status: int, message: str, headers: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers


def bad_request(message: str) -> HttpError:
    """Return the error for input out of its bounds; ``message`` names the field and the bounds."""
    return HttpError(400, message)


def of_status(status: int) -> HttpError:
    """Return the error for a status that a framework or a server chose, such as 404 and 405."""
    if status == 413:
        return too_large()
    headers = (("Allow", ALLOWED_METHODS),) if status == 405 else ()
    return HttpError(status, _SENTENCES.get(status, f"refused with status {status}"), headers)


def only_post() -> HttpError:
    """Return the error for any other method at an endpoint that only answers POST."""
    return HttpError(405, "method not allowed: only POST", (("Allow", "POST"),))


def only_websocket() -> HttpError:
    """Return the error for a request at a WebSocket's path that asks for none."""
    return HttpError(426, "upgrade required: only a WebSocket", (("Upgrade", "websocket"),))


def unreadable() -> HttpError:
    """Return the error for a body that does not come to its end: its chunks are invalid, or the client left."""
    return bad_request("body must be whole, and its chunks valid")


def too_large() -> HttpError:
    """Return the error for a body over the limit of this process."""
    return HttpError(413, f"body must be at most {limits().body_bytes} bytes")


def busy(limit: int) -> HttpError:
    """Return the error for a request beyond the ``limit`` of those that may be in the application at once."""
    sentence = f"busy: {limit} {'request is' if limit == 1 else 'requests are'} served already, the most at once"
    return HttpError(503, sentence, retry_after())


def retry_after(seconds: int = BUSY_RETRY_S) -> tuple[tuple[str, str], ...]:
    """Return the header that says when to ask again."""
    return (("Retry-After", str(seconds)),)
